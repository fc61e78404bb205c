package dev.tempost.starter;

import dev.tempost.outbox.ClaimedRow;
import dev.tempost.outbox.RowStatus;
import dev.tempost.outbox.Settlement;
import dev.tempost.workflows.Fate;
import dev.tempost.workflows.Fates;
import io.grpc.StatusRuntimeException;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks Temporal what became of a row whose lease ran out, and starts it only when that is safe. */
final class LostRows {

    private static final Logger log = LoggerFactory.getLogger(LostRows.class);

    /** Asks what became of a workflow: {@link Fates#of}. */
    interface Asking {
        Fate of(String workflowId, String key);
    }

    private final Asking fates;
    private final Leases leases;
    private final Policies policies;

    LostRows(Asking fates, Leases leases, Policies policies) {
        this.fates = fates;
        this.leases = leases;
        this.policies = policies;
    }

    /**
     * @return whether the row shall be started
     * @throws StatusRuntimeException when Temporal cannot tell
     */
    boolean mayStart(ClaimedRow row) {
        return switch (fates.of(row.workflowId(), row.key().toString())) {
            case Fate.Running() -> {
                // in a paced queue it waits its turn: without its lease, others would be claimed to wait behind it
                if (policies.of(row.eventType()).pacedQueue() == null) {
                    leases.leave(row);
                }
                yield false;
            }
            case Fate.Ended ended when ended.finding().equals(Fate.GONE) -> true;
            // the row knew of that failure; what was claimed since has not been started
            case Fate.Ended ended
            when ended.finding().equals(Fate.FAILED)
                    && ended.runId() != null
                    && ended.runId().equals(row.runId()) -> true;
            case Fate.Ended ended -> {
                settle(row, ended);
                yield false;
            }
        };
    }

    /** Ends a row whose workflow will not tell it any more, without sending anything. */
    void settle(ClaimedRow row) {
        if (fates.of(row.workflowId(), row.key().toString()) instanceof Fate.Ended ended) {
            settle(row, ended);
        }
    }

    private void settle(ClaimedRow row, Fate.Ended ended) {
        RowStatus became = leases.settle(
                row,
                new Settlement(
                        RowStatus.valueOf(ended.outcome().toUpperCase(Locale.ROOT)),
                        ended.runId(),
                        ended.reason(),
                        ended.failureType(),
                        ended.failure()));
        if (became != null) {
            log.warn(
                    "Row {} was not told what became of its workflow, which is {}: now {}",
                    row.id(),
                    ended.finding(),
                    became.column());
        }
    }
}
