package dev.tempost.activities;

import java.time.Duration;

/**
 * When a provider counts as down, and how often it is asked whether it is back.
 *
 * @param failures after how many failures in a row that are the provider's, not a message's
 * @param probeInterval the wait before the first probe; each one that fails doubles it
 * @param longestProbeInterval the longest wait between two probes
 */
public record BreakerSettings(int failures, Duration probeInterval, Duration longestProbeInterval) {

    Duration untilProbe(int failedProbes) {
        Duration wait = probeInterval.multipliedBy(1L << Math.min(failedProbes, 20));
        return wait.compareTo(longestProbeInterval) < 0 ? wait : longestProbeInterval;
    }
}
