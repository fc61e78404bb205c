package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;
import dev.tempost.outbox.rows.SuppressionReason;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which way an event type goes out.
 *
 * @param channel how it is sent
 * @param provider who takes it
 * @param places from where this process sends through that provider
 * @param rateLimitedQueue the only task queue it may be sent from, since the provider's rate limit applies there; null for any
 * @param suppressing for which reasons a suppressed recipient gets nothing this way; none where it is no mail
 */
public record Route(
        Channel channel,
        String provider,
        Places places,
        @Nullable String rateLimitedQueue,
        Set<SuppressionReason> suppressing) {

    /** The same way, for an event type that heeds these reasons. */
    public Route heeding(Set<SuppressionReason> reasons) {
        return new Route(channel, provider, places, rateLimitedQueue, reasons);
    }
}
