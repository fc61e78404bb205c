package dev.tempost.workflows;

import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInfo;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Local first, durable after, and durable at once where a rate limit applies: sends, then marks, then says how it went. */
public final class DeliveryWorkflowImpl implements DeliveryWorkflow {

    private @Nullable String cancelReason;
    private @Nullable CancellationScope sending;

    @Override
    public DeliveryResult deliver(DeliveryRequest request) {
        WorkflowInfo info = Workflow.getInfo();
        boolean reset = !info.getRunId().equals(info.getFirstExecutionRunId());
        boolean sentByAnother = reset;
        SendConclusion conclusion = send(new SendRequest(request, reset, null));
        MarkResult marked = mark(request, conclusion, sentByAnother);
        while (sentByAnother && marked.outcome() == DeliveryOutcome.SEND_AGAIN) {
            // a later reset replays this send: the recorded run id tells it that the send was not its own
            sentByAnother = !info.getRunId().equals(Workflow.sideEffect(String.class, info::getRunId));
            conclusion = send(new SendRequest(request, reset, null));
            marked = mark(request, conclusion, sentByAnother);
        }
        return conclude(request, conclusion, marked);
    }

    @Override
    public void cancel(@Nullable String reason) {
        cancelReason = reason == null ? "cancelled by signal" : reason;
        if (sending != null) {
            sending.cancel("cancel signal");
        }
    }

    private SendConclusion send(SendRequest first) {
        if (cancelRequested()) {
            return new SendConclusion.Cancelled();
        }
        DeliveryRequest delivery = first.delivery();
        String rateLimitedQueue = delivery.policy().rateLimitedQueue();
        if (rateLimitedQueue != null) {
            // neither local nor eager activities pass the queue, where the limit is
            return sendDurably(first, rateLimitedQueue);
        }
        try {
            return new SendConclusion.Ended(Stubs.localSend(delivery).send(first));
        } catch (ActivityFailure failure) {
            String elsewhere = SendFailure.rateLimitedElsewhere(failure);
            if (elsewhere != null) {
                return sendDurably(first, elsewhere);
            }
            CarriedFailure carried = SendFailure.worthAnother(failure);
            return carried == null
                    ? SendFailure.conclusion(failure)
                    : sendDurably(new SendRequest(delivery, first.reset(), carried), null);
        }
    }

    /** Sends from the given task queue, or from the workflow's own; moves where the activity says that the limit is. */
    private SendConclusion sendDurably(SendRequest first, @Nullable String firstQueue) {
        SendRequest request = first;
        String queue = firstQueue;
        while (!cancelRequested()) {
            try {
                return new SendConclusion.Ended(sendFrom(queue, request));
            } catch (ActivityFailure failure) {
                if (cancelRequested()) {
                    return new SendConclusion.Cancelled();
                }
                String elsewhere = SendFailure.rateLimitedElsewhere(failure);
                if (elsewhere == null && !SendFailure.timedOut(failure)) {
                    return SendFailure.conclusion(failure);
                }
                // nobody took it: its queue may have lost its limit, and with it its workers; whoever sends next knows
                queue = elsewhere;
                request = request.carryingNothing();
            } catch (CanceledFailure cancelledBeforeItBegan) {
                return new SendConclusion.Cancelled();
            }
        }
        return new SendConclusion.Cancelled();
    }

    private SendResult sendFrom(@Nullable String queue, SendRequest request) {
        SendResult[] result = new SendResult[1];
        sending = Workflow.newCancellationScope(
                () -> result[0] = Stubs.durableSend(request.delivery(), queue).send(request));
        try {
            sending.run();
            return Objects.requireNonNull(result[0]);
        } finally {
            sending = null;
        }
    }

    /** Asks the activity only for what the row does not know yet. */
    private MarkResult mark(DeliveryRequest delivery, SendConclusion conclusion, boolean reset) {
        boolean rowKnows = conclusion instanceof SendConclusion.Ended ended
                && ended.result().unrecorded() == null
                && (!cancelRequested() || ended.outcome() != DeliveryOutcome.DELIVERED);
        if (rowKnows) {
            return new MarkResult(conclusion.outcome());
        }
        MarkRequest request = markRequest(delivery, conclusion, reset);
        MarkResult[] result = new MarkResult[1];
        // detached: a cancelled workflow still has to tell its row
        Workflow.newDetachedCancellationScope(() -> {
                    result[0] = ask(request);
                })
                .run();
        return Objects.requireNonNull(result[0]);
    }

    private static MarkResult ask(MarkRequest request) {
        while (true) {
            try {
                return Stubs.localMark().mark(request);
            } catch (ActivityFailure databaseAway) {
                MarkResult marked = Stubs.durableMark().mark(request);
                if (marked.outcome() != DeliveryOutcome.FAILED) {
                    return marked;
                }
                // a reset to the last workflow task would only replay this answer, and fail again: it has to ask itself
            }
        }
    }

    private MarkRequest markRequest(DeliveryRequest delivery, SendConclusion conclusion, boolean reset) {
        String type = null;
        String message = null;
        String reason = null;
        DeliveryOutcome outcome = conclusion.outcome();
        Receipt receipt = null;
        switch (conclusion) {
            case SendConclusion.Ended ended -> {
                receipt = ended.result().unrecorded();
                if (receipt == null) {
                    // delivered, and a cancel that came too late: the row says so
                    outcome = DeliveryOutcome.CANCELLED;
                    reason = whyCancelled();
                }
            }
            case SendConclusion.Failed failed -> {
                type = failed.type();
                message = failed.message();
            }
            case SendConclusion.Cancelled() -> reason = whyCancelled();
        }
        return new MarkRequest(
                delivery.id(),
                delivery.key(),
                delivery.tenant(),
                delivery.eventType(),
                reset,
                outcome,
                type,
                message,
                reason,
                receipt);
    }

    private DeliveryResult conclude(DeliveryRequest delivery, SendConclusion conclusion, MarkResult marked) {
        DeliveryOutcome outcome = marked.outcome();
        if (outcome == DeliveryOutcome.MISSING) {
            throw failure(
                    FailureType.ROW_MISSING, "row " + delivery.id() + " with this key is gone; nothing was marked");
        }
        if (outcome == DeliveryOutcome.PENDING) {
            // completed, its id would be closed for the claim that follows
            throw failure(
                    FailureType.ROW_NOT_DISPATCHED,
                    "row " + delivery.id() + " went back to pending; its next claim starts it anew");
        }
        if (outcome == DeliveryOutcome.FAILED || outcome == DeliveryOutcome.SEND_AGAIN) {
            throw conclusion instanceof SendConclusion.Failed failed
                    ? failure(failed.type(), failed.message())
                    : failure(FailureType.WORKFLOW_LOST, "row " + delivery.id() + " had failed already");
        }
        if (outcome == DeliveryOutcome.CANCELLED && cancelReason == null && cancelledByTemporal()) {
            throw new CanceledFailure("cancelled in Temporal; row " + delivery.id() + " is cancelled");
        }
        String reason = conclusion instanceof SendConclusion.Ended ? null : cancelReason;
        return new DeliveryResult(delivery.key(), outcome, reason);
    }

    private String whyCancelled() {
        return cancelReason == null ? "cancelled in Temporal" : cancelReason;
    }

    private boolean cancelRequested() {
        return cancelReason != null || cancelledByTemporal();
    }

    private static boolean cancelledByTemporal() {
        return CancellationScope.current().isCancelRequested();
    }

    private static ApplicationFailure failure(String type, String message) {
        ApplicationFailure failure = ApplicationFailure.newNonRetryableFailure(message, type);
        failure.setStackTrace(new StackTraceElement[0]);
        return failure;
    }
}
