package dev.tempost.reconciliation;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.DispatchedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.Reconciliation;
import dev.tempost.outbox.rows.RowStatus;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowServiceException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares rows that only their workflow drives with the workflows. A listing only suggests: every row is asked for at
 * Temporal by itself before anything is written, and written to only if nobody dispatched it anew meanwhile.
 */
public final class Reconciler {

    /** One side against the other. Younger rows and workflows are left out: either may not be listed yet. */
    public record Numbers(long waiting, long running, long wedged) {}

    /** What one page of the comparison came to, and where it ended. */
    public record Page(List<Disagreement> found, long upTo, boolean last) {}

    private static final Logger log = LoggerFactory.getLogger(Reconciler.class);
    private static final Duration SETTLED_DOWN = Duration.ofSeconds(5);
    private static final int ROWS_A_PAGE = 1000;
    private static final int AT_THE_SAME_TIME = 8;

    private final ListedDeliveries listed;
    private final WorkflowInspector workflows;
    private final Reconciliation rows;
    private final DispatchedRows dispatchedRows;

    /** @param taskQueue the task queue of the deliveries; others in the namespace are none of ours */
    public Reconciler(DataSource dataSource, WorkflowClient client, String taskQueue) {
        this.listed = new ListedDeliveries(client, taskQueue);
        this.workflows = new WorkflowInspector(client);
        this.rows = new Reconciliation(dataSource);
        this.dispatchedRows = new DispatchedRows(dataSource);
    }

    /**
     * Counts both sides.
     *
     * @param now by Temporal's clock, as far as it is known
     */
    public Numbers numbers(Instant now) {
        Reconciliation.Count count = rows.count(SETTLED_DOWN);
        return new Numbers(count.waiting(), listed.running(now.minus(SETTLED_DOWN)), count.wedged());
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
            found.addAll(examined(untold, true, progress));
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
    public Page compare(long after, int enough, boolean repair, Runnable progress) {
        Set<String> running = listed.running(progress);
        List<Disagreement> found = new ArrayList<>();
        long upTo = after;
        while (true) {
            List<DispatchedRow> page = rows.after(upTo, SETTLED_DOWN, ROWS_A_PAGE);
            found.addAll(examined(
                    page.stream()
                            .filter(row -> !running.contains(row.row().workflowId()))
                            .toList(),
                    repair,
                    progress));
            boolean last = page.size() < ROWS_A_PAGE;
            upTo = page.isEmpty() ? upTo : page.getLast().row().id();
            if (last || found.size() >= enough) {
                return new Page(found, upTo, last);
            }
        }
    }

    private List<Disagreement> examined(List<DispatchedRow> suspects, boolean repair, Runnable progress) {
        if (suspects.isEmpty()) {
            return List.of();
        }
        try (ExecutorService some = Executors.newFixedThreadPool(
                AT_THE_SAME_TIME,
                Thread.ofVirtual().name("tempost-reconcile-", 0).factory())) {
            List<Future<@Nullable Disagreement>> answers = suspects.stream()
                    .map(row -> some.<@Nullable Disagreement>submit(() -> examined(row, repair)))
                    .toList();
            List<Disagreement> found = new ArrayList<>();
            try {
                for (Future<@Nullable Disagreement> answer : answers) {
                    Disagreement disagreement = answer.get();
                    if (disagreement != null) {
                        found.add(disagreement);
                    }
                    progress.run();
                }
            } catch (ExecutionException e) {
                some.shutdownNow();
                throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e);
            } catch (InterruptedException e) {
                some.shutdownNow();
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while rows were compared", e);
            }
            return found;
        }
    }

    /** One row that cannot be understood keeps no other from being repaired; a part that is away does. */
    private @Nullable Disagreement examined(DispatchedRow dispatched, boolean repair) {
        try {
            return examine(dispatched, repair);
        } catch (OutboxUnavailableException | StatusRuntimeException | WorkflowServiceException away) {
            throw away;
        } catch (RuntimeException e) {
            log.error(
                    "Row {} could not be compared with its workflow",
                    dispatched.row().id(),
                    e);
            return null;
        }
    }

    /** Null when there is nothing to repair, or not yet. */
    private @Nullable Disagreement examine(DispatchedRow dispatched, boolean repair) {
        if (!(workflows.of(dispatched.row().workflowId(), dispatched.row().key().toString())
                instanceof WorkflowOutcome.Ended ended)) {
            return null;
        }
        if (!repair) {
            return disagreement(dispatched, ended.finding(), ended.settlement().status());
        }
        RowStatus became = dispatchedRows.settle(dispatched.row(), dispatched.dispatchedAt(), ended.settlement());
        if (became == null) {
            return null;
        }
        log.warn(
                "Row {} waited for its workflow, which is {}: now {}",
                dispatched.row().id(),
                ended.finding(),
                became.column());
        return disagreement(dispatched, ended.finding(), became);
    }

    private static Disagreement disagreement(DispatchedRow dispatched, String finding, RowStatus outcome) {
        return new Disagreement(
                dispatched.row().id(),
                dispatched.row().tenant(),
                dispatched.row().eventType(),
                finding,
                outcome.column());
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
