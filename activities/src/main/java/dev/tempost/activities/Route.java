package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;
import java.time.Duration;
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
 */
public record Route(
        Channel channel,
        String provider,
        Places places,
        @Nullable String rateLimitedQueue,
        @Nullable Duration untilFallback) {

    /** One that nobody stands in for. */
    public Route(Channel channel, String provider, Places places, @Nullable String rateLimitedQueue) {
        this(channel, provider, places, rateLimitedQueue, null);
    }
}
