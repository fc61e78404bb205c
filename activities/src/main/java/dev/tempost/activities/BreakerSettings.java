package dev.tempost.activities;

import dev.tempost.loops.Backoff;
import java.time.Duration;

/**
 * When a provider counts as down, and how often it is asked whether it is back.
 *
 * @param failures after how many failures in a row that are the provider's, not a message's
 * @param probeInterval the wait before the first probe; each one that fails doubles it
 * @param longestProbeInterval the longest wait between two probes, but for one that refuses our login
 */
public record BreakerSettings(int failures, Duration probeInterval, Duration longestProbeInterval) {

    /** Down after five failures, and asked five seconds later, ever more seldom down to once a minute. */
    public static final BreakerSettings DEFAULTS = new BreakerSettings(5, Duration.ofSeconds(5), Duration.ofMinutes(1));

    // a login that is refused each minute for days gets its account locked
    private static final Duration LONGEST_AFTER_A_REFUSAL = Duration.ofMinutes(15);

    /** @param refused whether it refuses our login or cannot be trusted, so that somebody has to correct something */
    Duration untilProbe(int failedProbes, boolean refused) {
        Duration longest = refused ? longer(longestProbeInterval, LONGEST_AFTER_A_REFUSAL) : longestProbeInterval;
        return new Backoff(probeInterval, longest).after(failedProbes);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
