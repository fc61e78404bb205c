package dev.tempost.starter;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.reconciliation.WorkflowInspector;
import dev.tempost.reconciliation.WorkflowOutcome;
import io.grpc.StatusRuntimeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks Temporal what became of a row whose lease ran out, and starts it only when that is safe. */
final class LeaseRescuer {

    private static final Logger log = LoggerFactory.getLogger(LeaseRescuer.class);

    /** Asks what became of a workflow: {@link WorkflowInspector#of}. */
    interface Inspection {
        WorkflowOutcome of(String workflowId, String key);
    }

    private final Inspection workflows;
    private final Leases leases;
    private final Policies policies;

    LeaseRescuer(Inspection workflows, Leases leases, Policies policies) {
        this.workflows = workflows;
        this.leases = leases;
        this.policies = policies;
    }

    /**
     * @return whether the row may be started
     * @throws StatusRuntimeException when Temporal cannot tell
     */
    boolean mayStart(ClaimedRow row) {
        if (row.batch() != null) {
            // one that runs comes to the row, or gives it back
            settle(row);
            return false;
        }
        return switch (workflows.of(row.workflowId(), row.key().toString())) {
            case WorkflowOutcome.Running() -> {
                // in a rate-limited queue it waits its turn and keeps its lease, or others would be claimed to wait
                // behind it
                if (policies.of(row.eventType()).rateLimitedQueue() == null) {
                    leases.leave(row);
                }
                yield false;
            }
            case WorkflowOutcome.Ended ended when ended.finding().equals(WorkflowOutcome.GONE) -> true;
            // the row knew of that failure; what was claimed since has not been started
            case WorkflowOutcome.Ended ended
            when ended.finding().equals(WorkflowOutcome.FAILED)
                    && ended.settlement().runId() != null
                    && ended.settlement().runId().equals(row.runId()) -> true;
            case WorkflowOutcome.Ended ended -> {
                settle(row, ended);
                yield false;
            }
        };
    }

    /** Ends a row that its workflow will never mark, without sending anything. */
    void settle(ClaimedRow row) {
        if (workflows.of(row.workflowId(), row.key().toString()) instanceof WorkflowOutcome.Ended ended) {
            settle(row, ended);
        }
    }

    private void settle(ClaimedRow row, WorkflowOutcome.Ended ended) {
        RowStatus became = leases.settle(row, ended.settlement());
        if (became != null) {
            log.warn(
                    "Row {} was not marked by its workflow, which is {}: now {}",
                    row.id(),
                    ended.finding(),
                    became.column());
        }
    }
}
