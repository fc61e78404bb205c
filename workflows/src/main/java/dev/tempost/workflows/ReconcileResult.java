package dev.tempost.workflows;

import java.util.List;
import java.util.Map;

/**
 * What one reconciliation saw and did.
 *
 * @param waiting rows that only their workflow drives
 * @param running deliveries that run
 * @param wedged rows that should have been tried again ten minutes ago although their workflow runs: nothing is repaired
 *     there, somebody has to look
 * @param compared whether the numbers disagreed twice, so that every row was compared
 * @param repaired how many rows, by what was found and what they became, for instance {@code terminated: failed}
 * @param rows the ids of the first of them
 */
public record ReconcileResult(
        long waiting, long running, long wedged, boolean compared, Map<String, Integer> repaired, List<Long> rows) {}
