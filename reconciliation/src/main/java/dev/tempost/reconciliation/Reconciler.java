package dev.tempost.reconciliation;

import dev.tempost.outbox.rows.DispatchedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.Reconciliation;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Compares rows that only their workflow drives with the workflows. A listing only suggests: every row is asked for at
 * Temporal by itself before anything is written, and written to only if nobody dispatched it anew meanwhile.
 */
public final class Reconciler {

    private static final Duration SETTLED_DOWN = Duration.ofSeconds(5);
    private static final int ROWS_A_PAGE = 1000;

    private final ListedDeliveries listed;
    private final Reconciliation rows;
    private final Examination examination;

    /** @param taskQueue the task queue of the deliveries; others in the namespace are none of ours */
    public Reconciler(DataSource dataSource, WorkflowClient client, String taskQueue) {
        this.listed = new ListedDeliveries(client, taskQueue);
        this.rows = new Reconciliation(dataSource);
        this.examination = new Examination(new WorkflowInspector(client), new DispatchedRows(dataSource));
    }

    /**
     * Counts both sides.
     *
     * @param now by Temporal's clock, as far as it is known
     */
    public BothSides numbers(Instant now) {
        Reconciliation.Count count = rows.count(SETTLED_DOWN);
        return new BothSides(count.waiting(), listed.running(now.minus(SETTLED_DOWN)), count.wedged());
    }

    /**
     * Repairs the rows of deliveries that closed since then without marking them.
     *
     * @param progress told now and then, so that nobody takes a long comparison for a dead one
     */
    public List<Disagreement> repairClosed(Instant since, Runnable progress) {
        List<Disagreement> found = new ArrayList<>();
        listed.closedUntold(since, page -> {
            Set<String> closed = Set.copyOf(page);
            progress.run();
            List<DispatchedRow> untold = rows.among(ids(page)).stream()
                    .filter(row -> closed.contains(row.row().workflowId()))
                    .toList();
            found.addAll(examination.of(untold, true, progress));
        });
        return found;
    }

    /**
     * Compares rows with everything that runs, page by page.
     *
     * @param after the id to go on after; 0 to begin
     * @param enough stop at the end of a page that brings it to so many disagreements
     * @param repair whether to write; otherwise it only says what it found
     * @param progress told now and then
     */
    public ComparedPage compare(long after, int enough, boolean repair, Runnable progress) {
        Set<String> running = listed.running(progress);
        List<Disagreement> found = new ArrayList<>();
        long upTo = after;
        while (true) {
            List<DispatchedRow> page = rows.after(upTo, SETTLED_DOWN, ROWS_A_PAGE);
            found.addAll(examination.of(
                    page.stream()
                            .filter(row -> !running.contains(row.row().workflowId()))
                            .toList(),
                    repair,
                    progress));
            boolean last = page.size() < ROWS_A_PAGE;
            upTo = page.isEmpty() ? upTo : page.getLast().row().id();
            if (last || found.size() >= enough) {
                return new ComparedPage(found, upTo, last);
            }
        }
    }

    /** From {@code delivery:<tenant>:<id>:<key>}; whatever else somebody started under our type is passed over. */
    private static long[] ids(List<String> workflowIds) {
        return workflowIds.stream()
                .map(id -> id.split(":", -1))
                .filter(parts -> parts.length == 4 && parts[2].matches("\\d{1,18}"))
                .mapToLong(parts -> Long.parseLong(parts[2]))
                .toArray();
    }
}
