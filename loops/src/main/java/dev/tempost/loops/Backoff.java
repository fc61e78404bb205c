package dev.tempost.loops;

import java.time.Duration;

/**
 * A pause that doubles with every failure.
 *
 * @param shortest the pause after the first failure
 * @param longest the pause that none exceeds, be it shorter than {@code shortest}
 */
public record Backoff(Duration shortest, Duration longest) {

    // far beyond any longest pause, and far from an overflow
    private static final int MOST_DOUBLINGS = 30;

    /**
     * How long to pause.
     *
     * @param failuresBefore how many failures in a row came before this one
     */
    public Duration after(int failuresBefore) {
        Duration pause = shortest.multipliedBy(1L << Math.min(failuresBefore, MOST_DOUBLINGS));
        return pause.compareTo(longest) < 0 ? pause : longest;
    }
}
