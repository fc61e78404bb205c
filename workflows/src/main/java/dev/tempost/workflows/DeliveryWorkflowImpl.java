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
        Ending ending = send(new SendRequest(request, reset, null));
        MarkResult marked = mark(request, ending, sentByAnother);
        while (sentByAnother && marked.outcome().equals(MarkResult.SEND_AGAIN)) {
            // a later reset replays this send: the recorded run id tells it that the send was not its own
            sentByAnother = !info.getRunId().equals(Workflow.sideEffect(String.class, info::getRunId));
            ending = send(new SendRequest(request, reset, null));
            marked = mark(request, ending, sentByAnother);
        }
        return conclude(request, ending, marked);
    }

    @Override
    public void cancel(@Nullable String reason) {
        cancelReason = reason == null ? "cancelled by signal" : reason;
        if (sending != null) {
            sending.cancel("cancel signal");
        }
    }

    private Ending send(SendRequest first) {
        if (cancelRequested()) {
            return new Ending.Cancelled();
        }
        DeliveryRequest delivery = first.delivery();
        String pacedQueue = delivery.policy().pacedQueue();
        if (pacedQueue != null) {
            // neither local nor eager activities pass the queue, where the limit is
            return sendDurably(first, pacedQueue);
        }
        try {
            return new Ending.Settled(Stubs.localSend(delivery).send(first));
        } catch (ActivityFailure failure) {
            String elsewhere = SendFailure.pacedElsewhere(failure);
            if (elsewhere != null) {
                return sendDurably(first, elsewhere);
            }
            CarriedFailure carried = SendFailure.worthAnother(failure);
            return carried == null
                    ? SendFailure.ending(failure)
                    : sendDurably(new SendRequest(delivery, first.reset(), carried), null);
        }
    }

    /** Sends from the given task queue, or from the workflow's own; moves where the activity says that the limit is. */
    private Ending sendDurably(SendRequest first, @Nullable String firstQueue) {
        SendRequest request = first;
        String queue = firstQueue;
        while (!cancelRequested()) {
            try {
                return new Ending.Settled(sendFrom(queue, request));
            } catch (ActivityFailure failure) {
                if (cancelRequested()) {
                    return new Ending.Cancelled();
                }
                String elsewhere = SendFailure.pacedElsewhere(failure);
                if (elsewhere == null && !SendFailure.timedOut(failure)) {
                    return SendFailure.ending(failure);
                }
                // nobody took it: its queue may have lost its limit, and with it its workers; whoever sends next knows
                queue = elsewhere;
                request = request.carryingNothing();
            } catch (CanceledFailure cancelledBeforeItBegan) {
                return new Ending.Cancelled();
            }
        }
        return new Ending.Cancelled();
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
    private MarkResult mark(DeliveryRequest delivery, Ending ending, boolean reset) {
        boolean rowKnows = ending instanceof Ending.Settled settled
                && settled.result().unrecorded() == null
                && (!cancelRequested() || !settled.outcome().equals("delivered"));
        if (rowKnows) {
            return new MarkResult(ending.outcome());
        }
        MarkRequest request = markRequest(delivery, ending, reset);
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
                if (!marked.outcome().equals("failed")) {
                    return marked;
                }
                // a reset to the last workflow task would only replay this answer, and fail again: it has to ask itself
            }
        }
    }

    private MarkRequest markRequest(DeliveryRequest delivery, Ending ending, boolean reset) {
        String type = null;
        String message = null;
        String reason = null;
        String outcome = ending.outcome();
        Receipt receipt = null;
        switch (ending) {
            case Ending.Settled settled -> {
                receipt = settled.result().unrecorded();
                if (receipt == null) {
                    // delivered, and a cancel that came too late: the row shall say so
                    outcome = "cancelled";
                    reason = whyCancelled();
                }
            }
            case Ending.Failed failed -> {
                type = failed.type();
                message = failed.message();
            }
            case Ending.Cancelled() -> reason = whyCancelled();
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

    private DeliveryResult conclude(DeliveryRequest delivery, Ending ending, MarkResult marked) {
        String outcome = marked.outcome();
        if (outcome.equals(MarkResult.MISSING)) {
            throw failure(
                    FailureType.ROW_MISSING, "row " + delivery.id() + " with this key is gone; nothing was marked");
        }
        if (outcome.equals("pending")) {
            // completed, its id would be closed for the claim that follows
            throw failure(
                    FailureType.ROW_NOT_DISPATCHED,
                    "row " + delivery.id() + " went back to pending; its next claim starts it anew");
        }
        if (outcome.equals("failed") || outcome.equals(MarkResult.SEND_AGAIN)) {
            throw ending instanceof Ending.Failed failed
                    ? failure(failed.type(), failed.message())
                    : failure(FailureType.WORKFLOW_LOST, "row " + delivery.id() + " had failed already");
        }
        if (outcome.equals("cancelled") && cancelReason == null && cancelledByTemporal()) {
            throw new CanceledFailure("cancelled in Temporal; row " + delivery.id() + " is cancelled");
        }
        String reason = ending instanceof Ending.Settled ? null : cancelReason;
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
