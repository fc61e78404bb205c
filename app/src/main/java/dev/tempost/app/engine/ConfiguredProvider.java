package dev.tempost.app.engine;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import java.io.IOException;
import java.time.Duration;

/**
 * A provider as the engine knows it, whatever its channel.
 *
 * @param name what event types call it
 * @param channel how it is sent through
 * @param places how many messages this process sends through it at the same time
 * @param way where that leads, and how it is protected
 * @param sign asks it for a sign of life, in a few seconds at most, and sends nothing
 */
public record ConfiguredProvider(String name, Channel channel, int places, Way way, DependencyHealth.Check sign) {

    /** One whose sign of life is its probe. */
    static ConfiguredProvider probed(String name, Channel channel, int places, Way way) {
        return new ConfiguredProvider(name, channel, places, way, () -> {
            switch (channel.probe(name)) {
                case Health.Ready() -> {}
                case Health.Away(String type, String reply, Duration retryAfter) -> throw new IOException(reply);
                case Health.Down(String type, String reply) -> throw new IOException(reply);
            }
        });
    }
}
