package dev.tempost.activities;

import dev.tempost.activities.channel.Channel;

/**
 * Which way an event type goes out.
 *
 * @param channel how it is sent
 * @param provider who takes it
 */
public record Route(Channel channel, String provider) {}
