package dev.tempost.app.config;

import dev.tempost.channels.webhook.BodyFormat;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * A webhook.
 *
 * @param url Where rows go, for instance {@code https://example.com/hook}. Required.
 * @param recipients Where a row's recipient may lead instead: URLs, each of which stands for itself and for what is below it.
 *     When none are set, no row may say by a URL where it goes.
 * @param secrets What requests are signed with, as Standard Webhooks has it: {@code whsec_} and 24 to 64 bytes in Base64. Two
 *     while they change. Unsigned when none are set.
 * @param format What is sent: the row's payload as it is, or a CloudEvent around it.
 * @param headers Headers to send along, by name, for instance {@code Authorization}.
 * @param timeout How long to wait for each part of an answer and, ten seconds at most, for a connection.
 * @param maxConnections The most connections this process keeps to it, and so how many messages it sends through it at the same
 *     time.
 * @param inFlight How many rows may be between their claim and the end of their first attempt, all replicas together. When
 *     not set, two seconds' worth of the rate limit, or any number without one.
 * @param rateLimit The most messages a second that all replicas together send through it; no limit when not set.
 * @param allowPrivate Whether it may be on this machine or in a private network, and be spoken to by {@code http}. Addresses of
 *     clouds' metadata stay closed.
 */
public record WebhookSettings(
        @Nullable String url,
        @DefaultValue List<String> recipients,
        @DefaultValue List<String> secrets,
        @DefaultValue("payload") BodyFormat format,
        @DefaultValue Map<String, String> headers,
        @DefaultValue("30s") @DurationMin(millis = 100) Duration timeout,
        @DefaultValue("16") @Min(1) @Max(1000) int maxConnections,
        @Min(1) @Nullable Integer inFlight,

        @DecimalMin("0.01") @DecimalMax("10000") @Nullable Double rateLimit,

        @DefaultValue("false") boolean allowPrivate)
        implements ProviderLimits {

    /** Without what may be secret. */
    @Override
    public String toString() {
        return "WebhookSettings[]";
    }
}
