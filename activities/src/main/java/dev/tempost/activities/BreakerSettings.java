package dev.tempost.activities;

import dev.tempost.loops.Backoff;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a provider counts as down, and how often it is asked whether it is back.
 *
 * @param failures after how many failures in a row that are the provider's, not a message's
 * @param probeInterval the wait before the first probe; each one that fails doubles it
 * @param longestProbeInterval the longest wait between two probes, but for one that refuses our login
 */
public record BreakerSettings(int failures, Duration probeInterval, Duration longestProbeInterval) {

    /** Down after five failures, and asked five seconds later, then every ten: what waits goes on soon after its return. */
    public static final BreakerSettings DEFAULTS =
            new BreakerSettings(5, Duration.ofSeconds(5), Duration.ofSeconds(10));

    // a login that is refused each minute for days gets its account locked
    private static final Duration LONGEST_AFTER_A_REFUSAL = Duration.ofMinutes(15);

    // as long as it may keep us away by asking for it
    private static final Duration LONGEST_ASKED = Duration.ofMinutes(1);

    /**
     * @param refused whether it refuses our login or cannot be trusted, so that somebody has to correct something
     * @param asked how long it asked to be left alone; null when it did not
     */
    Duration untilProbe(int failedProbes, boolean refused, @Nullable Duration asked) {
        Duration longest = refused ? longer(longestProbeInterval, LONGEST_AFTER_A_REFUSAL) : longestProbeInterval;
        Duration wait = new Backoff(probeInterval, longest).after(failedProbes);
        return asked == null || asked.compareTo(LONGEST_ASKED) >= 0 ? wait : longer(wait, asked);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
