package dev.tempost.workflows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Rows that were repaired.
 *
 * @param counts how many, by what was found and what they became
 * @param rows the ids of the first of them
 */
public record Repaired(Map<String, Integer> counts, List<Long> rows) {

    private static final int ROWS_NAMED = 20;

    /** No rows. */
    public static Repaired none() {
        return new Repaired(Map.of(), List.of());
    }

    /** One row. */
    public static Repaired row(long id, String finding, String outcome) {
        return new Repaired(Map.of(finding + ": " + outcome, 1), List.of(id));
    }

    /** These and others. */
    public Repaired plus(Repaired others) {
        Map<String, Integer> sum = new TreeMap<>(counts);
        others.counts.forEach((what, count) -> sum.merge(what, count, Integer::sum));
        List<Long> named = new ArrayList<>(rows);
        others.rows.stream()
                .limit(ROWS_NAMED - Math.min(ROWS_NAMED, rows.size()))
                .forEach(named::add);
        return new Repaired(sum, named);
    }
}
