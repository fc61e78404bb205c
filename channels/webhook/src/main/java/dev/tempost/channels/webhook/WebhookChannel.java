package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.activities.reply.Mask;
import dev.tempost.activities.reply.Personal;
import dev.tempost.workflows.FailureType;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Sends rows as requests to webhooks, signed as Standard Webhooks has it. */
public final class WebhookChannel implements Channel {

    // the payload, around it an event, as bytes and signed; its words, which no reply may repeat
    private static final int FOOTPRINT = 16;

    private record Receiver(WebhookProvider provider, WebhookClient client) {}

    private final Map<String, Receiver> receivers = new LinkedHashMap<>();
    private final InstantSource clock;

    /** Certificates are judged by what the JVM trusts. */
    public WebhookChannel(List<WebhookProvider> providers, InstantSource clock) {
        this(providers, clock, InetAddress::getAllByName, trustOfTheJvm());
    }

    WebhookChannel(List<WebhookProvider> providers, InstantSource clock, GuardedResolver.Names names, SSLContext tls) {
        this.clock = clock;
        providers.forEach(provider ->
                receivers.put(provider.name(), new Receiver(provider, new WebhookClient(provider, names, tls, clock))));
    }

    private static SSLContext trustOfTheJvm() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this JVM has no TLS", e);
        }
    }

    @Override
    public String name() {
        return "webhook";
    }

    @Override
    public String messageId(UUID key, String provider) {
        return key.toString();
    }

    @Override
    public Outcome send(OutgoingMessage delivery, Transmission transmission) {
        Receiver receiver = receiver(delivery.provider());
        WebhookProvider provider = receiver.provider();
        try {
            WebAddress recipient = recipient(delivery.recipient(), provider);
            checkSize(delivery.payload());
            long bytes = (long) FOOTPRINT * delivery.payload().length();
            if (bytes > Transmission.SMALL && !transmission.reserve(bytes)) {
                return WebhookReplies.ours(
                        FailureType.MEMORY_BUSY, "not sent: it takes much memory, and other messages had it");
            }
            Mask mask = new Mask(Personal.of(delivery.recipient(), PayloadValues.of(delivery.payload())));
            String body = provider.format().body(delivery, recipient != null);
            WebhookEnd end = receiver.client()
                    .send(
                            recipient == null ? provider.address() : recipient,
                            headers(provider, delivery.key().toString(), body),
                            body.getBytes(StandardCharsets.UTF_8),
                            provider.format().contentType(),
                            transmission);
            return WebhookReplies.outcome(end, mask, recipient != null);
        } catch (UnsendableRow e) {
            return e.outcome();
        }
    }

    /** Where the row says itself that it goes; null where it leaves that to the provider. */
    private static @Nullable WebAddress recipient(@Nullable String recipient, WebhookProvider provider) {
        if (recipient == null
                || recipient.isBlank()
                || (provider.recipients().isEmpty() && !recipient.contains("://"))) {
            return null;
        }
        String setting = "tempost.webhooks." + provider.name() + ".recipients";
        WebAddress address;
        try {
            address = WebAddress.of(recipient);
        } catch (IllegalArgumentException e) {
            throw new UnsendableRow(
                    FailureType.RECIPIENT_INVALID, "column recipient " + e.getMessage() + "; correct it, then retry");
        }
        if (provider.recipients().stream().noneMatch(prefix -> prefix.covers(address))) {
            throw new UnsendableRow(
                    FailureType.RECIPIENT_INVALID,
                    "column recipient is a URL outside of " + setting + ": correct it, or add it there, then retry");
        }
        return address;
    }

    private static void checkSize(String payload) {
        if (OutgoingMessage.isTooLarge(payload)) {
            throw UnsendableRow.payload("has more than " + OutgoingMessage.MAX_BYTES + " bytes: make it smaller");
        }
    }

    private Map<String, String> headers(WebhookProvider provider, String key, String body) {
        Instant now = clock.instant();
        Map<String, String> headers = new LinkedHashMap<>(provider.headers());
        headers.put("webhook-id", key);
        headers.put("webhook-timestamp", Long.toString(now.getEpochSecond()));
        if (!provider.signatures().none()) {
            headers.put("webhook-signature", provider.signatures().of(key, now, body));
        }
        headers.put("Idempotency-Key", key);
        return headers;
    }

    @Override
    public Health probe(String provider) {
        return WebhookReplies.health(receiver(provider).client().probe());
    }

    private Receiver receiver(String name) {
        Receiver receiver = receivers.get(name);
        if (receiver == null) {
            throw new IllegalArgumentException("no webhook '" + name + "': configure it, or one of "
                    + new TreeSet<>(receivers.keySet()) + " for this event type");
        }
        return receiver;
    }

    @Override
    public void close() {
        receivers.values().forEach(receiver -> receiver.client().close());
    }
}
