package dev.tempost.reconciliation;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.DispatchedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.RowStatus;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowServiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks Temporal for the workflow of each row that seems to have none, and gives the row what follows from the answer. */
final class Examination {

    private static final Logger log = LoggerFactory.getLogger(Examination.class);
    private static final int AT_THE_SAME_TIME = 8;

    private final WorkflowInspector workflows;
    private final DispatchedRows rows;

    Examination(WorkflowInspector workflows, DispatchedRows rows) {
        this.workflows = workflows;
        this.rows = rows;
    }

    /**
     * Examines rows, several at a time.
     *
     * @param repair whether to write; otherwise it only says what it found
     * @param progress told after each row
     * @return those whose workflow has ended, as far as they still waited for it
     */
    List<Disagreement> of(List<DispatchedRow> suspects, boolean repair, Runnable progress) {
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
        RowStatus became = rows.settle(dispatched.row(), dispatched.dispatchedAt(), ended.settlement());
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
}
