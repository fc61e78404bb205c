package dev.tempost.app.engine;

import dev.tempost.activities.channel.Channel;

/**
 * A provider as the engine knows it, whatever its channel.
 *
 * @param name what event types call it
 * @param channel how it is sent through
 * @param places how many messages this process sends through it at the same time
 * @param way where that leads, and how it is protected
 * @param sign asks it for a sign of life, in a few seconds at most, and sends nothing
 */
public record ConfiguredProvider(String name, Channel channel, int places, Way way, DependencyHealth.Check sign) {}
