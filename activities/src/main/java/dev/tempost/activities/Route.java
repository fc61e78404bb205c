package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;
import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which way an event type goes out.
 *
 * @param channel how it is sent
 * @param provider who takes it
 * @param places from where this process sends through that provider
 * @param rateLimitedQueue the only task queue it may be sent from, since the provider's rate limit applies there; null for any
 * @param untilFallback while the provider is down, the longest wait until it is asked anew which way to go, since another provider may
 *     stand in by then; null where none does
 * @param suppressing for which reasons a suppressed recipient gets nothing this way; none where it is no mail
 */
public record Route(
        Channel channel,
        String provider,
        Places places,
        @Nullable String rateLimitedQueue,
        @Nullable Duration untilFallback,
        Set<SuppressionReason> suppressing) {

    /** One that nobody stands in for, and that heeds no suppression. */
    public Route(Channel channel, String provider, Places places, @Nullable String rateLimitedQueue) {
        this(channel, provider, places, rateLimitedQueue, null, Set.of());
    }

    /** The same way, for an event type that heeds these reasons, while another provider may stand in so soon. */
    public Route heeding(Set<SuppressionReason> reasons, @Nullable Duration until) {
        return new Route(channel, provider, places, rateLimitedQueue, until, reasons);
    }
}
