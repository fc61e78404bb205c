package dev.tempost.activities;

import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.Mark;
import dev.tempost.outbox.ledger.Marked;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.MarkRequest;
import dev.tempost.workflows.MarkResult;
import dev.tempost.workflows.Receipt;
import io.temporal.activity.ActivityInfo;
import java.time.Duration;
import java.util.UUID;

/** Tells rows how their workflows ended. */
final class Marking {

    private final Ledger ledger;
    private final SendListener listener;

    Marking(Ledger ledger, SendListener listener) {
        this.ledger = ledger;
        this.listener = listener;
    }

    MarkResult mark(MarkRequest request, ActivityInfo activity) {
        UUID key = UUID.fromString(request.key());
        Receipt receipt = request.receipt();
        if (receipt != null) {
            AttemptRef attempt = new AttemptRef(
                    request.id(), key, receipt.attempt(), activity.getWorkflowId(), activity.getWorkflowRunId());
            ledger.accepted(attempt, receipt.provider(), receipt.reply(), receipt.providerMessageId());
            return new MarkResult(DeliveryOutcome.DELIVERED);
        }
        Marked marked = ledger.mark(new Mark(
                request.id(),
                key,
                activity.getWorkflowId(),
                activity.getWorkflowRunId(),
                request.reset(),
                RowStatus.of(request.outcome().column()),
                request.message(),
                request.failureType(),
                request.reason()));
        return switch (marked) {
            case Marked.Is(RowStatus status) -> {
                DeliveryOutcome outcome = DeliveryOutcome.of(status.column());
                if (outcome == request.outcome()) {
                    listener.onOutcome(
                            new SendEvent(request.id(), request.tenant(), request.eventType(), outcome.column(), null));
                }
                yield new MarkResult(outcome);
            }
            case Marked.InProgress(Duration remaining) ->
                throw Failures.retryable(
                        FailureType.ATTEMPT_IN_PROGRESS, "an attempt of the row may still be sending", remaining);
            case Marked.SendAgain() -> new MarkResult(DeliveryOutcome.SEND_AGAIN);
            case Marked.Missing() -> new MarkResult(DeliveryOutcome.MISSING);
        };
    }
}
