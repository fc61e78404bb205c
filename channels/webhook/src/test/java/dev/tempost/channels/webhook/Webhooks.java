package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.OutgoingMessage;
import java.net.InetAddress;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** What the tests of this package share: providers, rows, a channel. */
final class Webhooks {

    static final Clock NOON = Clock.fixed(Instant.parse("2026-11-28T12:00:00Z"), ZoneOffset.UTC);
    static final UUID KEY = UUID.fromString("0b0e5a34-7d7c-4c7e-9a53-6a1f0c0ffee0");
    static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private Webhooks() {}

    /** A provider that may be anywhere; unsigned, plain. */
    static WebhookProvider provider(String url, String... recipients) {
        return provider(url, true, recipients);
    }

    static WebhookProvider provider(String url, boolean allowPrivate, String... recipients) {
        return new WebhookProvider(
                "crm",
                url,
                List.of(recipients),
                List.of(),
                BodyFormat.PAYLOAD,
                Map.of(),
                Duration.ofSeconds(10),
                4,
                allowPrivate);
    }

    static WebhookProvider signed(String url, BodyFormat format, List<String> secrets, Map<String, String> headers) {
        return new WebhookProvider("crm", url, List.of(), secrets, format, headers, Duration.ofSeconds(10), 4, true);
    }

    static WebhookProvider impatient(String url) {
        return new WebhookProvider(
                "crm", url, List.of(), List.of(), BodyFormat.PAYLOAD, Map.of(), Duration.ofMillis(300), 4, true);
    }

    static WebhookChannel channel(WebhookProvider provider) {
        return channel(provider, InetAddress::getAllByName);
    }

    static WebhookChannel channel(WebhookProvider provider, GuardedResolver.Names names) {
        try {
            return new WebhookChannel(List.of(provider), NOON, names, SSLContext.getDefault());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static OutgoingMessage row(@Nullable String recipient) {
        return row(recipient, "{\"name\": \"Ann\"}");
    }

    static OutgoingMessage row(@Nullable String recipient, String payload) {
        return new OutgoingMessage(7, KEY, "default", "contract.signed", recipient, payload, "{}", "crm");
    }
}
