package dev.tempost.app.chaos.check;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the checker found. */
public record Verdict(Counts counts, List<Violation> violations) {

    /**
     * What there was.
     *
     * @param rows committed rows
     * @param rolledBack transactions that rolled back
     * @param statuses rows by status
     * @param phases attempts by phase
     * @param mails what the mail server took
     * @param duplicates mails beyond the first of their row
     * @param duplicatesRecorded those of them that an ambiguous attempt accounts for
     * @param lateAcceptances attempts given up at their deadline whose acceptance was recorded afterwards
     * @param workflows runs
     */
    public record Counts(
            int rows,
            int rolledBack,
            Map<String, Integer> statuses,
            Map<String, Integer> phases,
            int mails,
            int duplicates,
            int duplicatesRecorded,
            int lateAcceptances,
            int workflows) {}

    /** How many violations of each kind there are. */
    public Map<Violation.Kind, Integer> byKind() {
        Map<Violation.Kind, Integer> kinds = new EnumMap<>(Violation.Kind.class);
        violations.forEach(violation -> kinds.merge(violation.kind(), 1, Integer::sum));
        return kinds;
    }
}
