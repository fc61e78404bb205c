package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * Which way an event type goes out.
 *
 * @param channel how it is sent
 * @param provider who takes it
 * @param places from where this process sends through that provider
 * @param rateLimitedQueue the only task queue it may be sent from, since the provider's rate limit applies there; null for any
 */
public record Route(
        Channel channel,
        String provider,
        Places places,
        @Nullable String rateLimitedQueue) {}
