package dev.tempost.app.chaos;

import dev.tempost.app.chaos.check.Verdict;
import dev.tempost.app.chaos.check.Violation.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One run in figures.
 *
 * @param minutes how long rows arrived and parts were killed
 * @param minutesToRest how long it took afterwards until nothing moved any more
 * @param kills by part
 * @param faults by boundary and kind
 * @param steps how many steps there were at each boundary that could have failed
 * @param operator what the operator did
 * @param rested whether that happened within the patience of the plan
 * @param diedByThemselves Tempost processes that ended without being killed
 * @param deafToStop Tempost processes that a {@code SIGTERM} did not end within their grace period
 */
record Report(
        long seed,
        Instant startedAt,
        double minutes,
        double minutesToRest,
        boolean rested,
        Map<String, Integer> kills,
        Map<String, Integer> faults,
        Map<String, Integer> steps,
        Map<String, Integer> operator,
        int diedByThemselves,
        int deafToStop,
        Verdict.Counts counts,
        Map<Kind, Integer> violations,
        List<String> stories) {

    int of(Kind kind) {
        return violations.getOrDefault(kind, 0);
    }

    int allKills() {
        return sum(kills);
    }

    int allFaults() {
        return sum(faults);
    }

    static int sum(Map<?, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
