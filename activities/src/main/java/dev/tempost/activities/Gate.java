package dev.tempost.activities;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.DeliveryPolicy;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.activity.ActivityInfo;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What stands before every send: the ledger opens an attempt, or says why there is none now. */
final class Gate {

    /** A run of a workflow. */
    record Run(String workflowId, String runId) {

        static Run of(ActivityInfo activity) {
            return new Run(activity.getWorkflowId(), activity.getWorkflowRunId());
        }
    }

    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    private final SendAttempt.Collaborators with;

    Gate(SendAttempt.Collaborators with) {
        this.with = with;
    }

    /**
     * Sends what is admitted. Throws what the workflow is to know of anything else, unless the row has its outcome already.
     *
     * @param run the workflow that asks
     * @param room what the message has of this process
     */
    SendResult pass(SendRequest request, Route route, Run run, Room room) {
        DeliveryRequest delivery = request.delivery();
        DeliveryPolicy policy = delivery.policy();
        UUID key = UUID.fromString(delivery.key());
        AttemptLedger.Opened opened;
        try {
            with.refusals().recordKept(delivery.id());
            opened = with.ledger()
                    .open(
                            delivery.id(),
                            key,
                            run.runId(),
                            request.reset(),
                            route.provider(),
                            route.channel().messageId(key, route.provider()),
                            LedgerTransmission.patience(policy.attemptDeadline()),
                            policy.parkWhenAmbiguous(),
                            route.suppressing());
        } catch (OutboxUnavailableException e) {
            with.tell(delivery, "transient", null);
            throw Failures.retryable(
                    FailureType.OUTBOX_UNAVAILABLE,
                    "nothing was sent: " + e.getMessage(),
                    Failures.untilPostgresqlMayBeBack());
        }
        if (opened.foundAmbiguous()) {
            log.warn("Row {} may have been sent: an attempt that was transmitting never reported back", delivery.id());
            with.tell(delivery, "ambiguous", null);
        }
        Admission admission = opened.admission();
        if (admission instanceof Admission.Send admitted) {
            AttemptRef attempt = new AttemptRef(delivery.id(), key, admitted.attempt(), run.workflowId(), run.runId());
            return new SendAttempt(with, delivery, route, admitted, attempt, room).make(opened.askedAt());
        }
        if (admission instanceof Admission.Ended ended) {
            with.tell(delivery, ended.status().column(), null);
            if (ended.status() != RowStatus.FAILED) {
                return new SendResult(DeliveryOutcome.of(ended.status().column()), null);
            }
        } else {
            with.tell(delivery, "waiting", null);
        }
        throw GateRefusal.of(admission, delivery.id(), route);
    }
}
