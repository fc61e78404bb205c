package dev.tempost.workflows;

import java.util.Map;
import java.util.TreeMap;

/**
 * What left the outbox.
 *
 * @param removed how many rows, by their status
 * @param scrubbed how many rows lost their content and stay, by their status
 * @param more whether time ran out before everything old had left: the next run goes on
 */
public record RetainResult(Map<String, Long> removed, Map<String, Long> scrubbed, boolean more) {

    /** Together with what left after it. */
    RetainResult plus(RetainResult later) {
        return new RetainResult(sum(removed, later.removed), sum(scrubbed, later.scrubbed), later.more);
    }

    private static Map<String, Long> sum(Map<String, Long> one, Map<String, Long> other) {
        Map<String, Long> sum = new TreeMap<>(one);
        other.forEach((status, rows) -> sum.merge(status, rows, Long::sum));
        return sum;
    }
}
