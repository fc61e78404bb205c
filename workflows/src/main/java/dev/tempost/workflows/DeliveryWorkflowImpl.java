package dev.tempost.workflows;

import io.temporal.common.SearchAttributeKey;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.CompletablePromise;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInfo;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Local first, durable after, and durable at once where a rate limit applies: sends, then marks, then says how it went. */
public final class DeliveryWorkflowImpl implements DeliveryWorkflow {

    private @Nullable String cancelReason;
    private @Nullable CancellationScope sending;
    private @Nullable CompletablePromise<SendNowResult> asked;
    private final FailureStory story;

    public DeliveryWorkflowImpl(SearchAttributeKey<String> failureType) {
        this.story = new FailureStory(failureType);
    }

    @Override
    public DeliveryResult deliver(DeliveryRequest request) {
        WorkflowInfo info = Workflow.getInfo();
        boolean reset = !info.getRunId().equals(info.getFirstExecutionRunId());
        boolean sentByAnother = reset;
        SendConclusion conclusion = send(request, reset);
        MarkResult marked = mark(request, conclusion, sentByAnother);
        while (sentByAnother && marked.outcome() == DeliveryOutcome.SEND_AGAIN) {
            // a later reset replays this send: the recorded run id tells it that the send was not its own
            sentByAnother = !info.getRunId().equals(Workflow.sideEffect(String.class, info::getRunId));
            conclusion = send(request, reset);
            marked = mark(request, conclusion, sentByAnother);
        }
        tell(conclusion, marked);
        return conclude(request, conclusion, marked);
    }

    private void tell(SendConclusion conclusion, MarkResult marked) {
        answer(
                conclusion instanceof SendConclusion.Failed failed
                        ? new SendNowResult(marked.outcome(), failed.type(), failed.message())
                        : new SendNowResult(marked.outcome(), null, null));
        // whoever asked hears of it before the workflow ends
        Workflow.newDetachedCancellationScope(() -> Workflow.await(Workflow::isEveryHandlerFinished))
                .run();
    }

    @Override
    public void cancel(@Nullable String reason) {
        cancelReason = reason == null ? "cancelled by signal" : reason;
        if (sending != null) {
            sending.cancel("cancel signal");
        }
    }

    @Override
    public SendNowResult sendNow() {
        if (asked == null) {
            asked = Workflow.newPromise();
        }
        CompletablePromise<SendNowResult> answer = asked;
        // null after a reset, which brings along what was asked before: the attempt under way answers it
        if (sending != null) {
            sending.cancel("send now");
        }
        return answer.get();
    }

    @Override
    public void validateSendNow() {
        if (cancelRequested()) {
            throw new IllegalStateException("the row is being cancelled");
        }
        if (sending == null) {
            throw new IllegalStateException("the row is being sent just now");
        }
    }

    /** Sends until it is accepted or given up: locally at first and when somebody asks for it, durably after a failure. */
    private SendConclusion send(DeliveryRequest delivery, boolean reset) {
        // neither local nor eager activities pass the queue, where the limit is
        String queue = delivery.policy().rateLimitedQueue();
        boolean locally = queue == null;
        CarriedFailure carried = null;
        while (!cancelRequested()) {
            try {
                return new SendConclusion.Ended(
                        locally
                                ? Stubs.localSend(delivery).send(SendRequest.once(delivery, reset))
                                : sendFrom(queue, new SendRequest(delivery, reset, carried, story.known())));
            } catch (CanceledFailure beforeItBegan) {
                carried = null;
                locally = queue == null;
            } catch (ActivityFailure failure) {
                carried = null;
                String elsewhere = SendFailure.rateLimitedElsewhere(failure);
                if (elsewhere != null) {
                    queue = elsewhere;
                    locally = false;
                } else if (!locally && SendFailure.timedOut(failure)) {
                    // nobody took it: its queue may have lost its limit, and with it its workers; whoever sends next
                    // knows
                    queue = null;
                } else if (failure.getCause() instanceof CanceledFailure) {
                    locally = queue == null;
                } else {
                    carried = SendFailure.worthAnother(failure);
                    if (carried == null || (!locally && SendFailure.wasTheLast(failure))) {
                        return cancelRequested() ? new SendConclusion.Cancelled() : givenUp(failure);
                    }
                    locally = false;
                    story.add(delivery, carried);
                    answer(new SendNowResult(null, carried.type(), carried.message()));
                }
            }
            if (!locally && carried == null) {
                answer(new SendNowResult(null, null, null));
            }
        }
        return new SendConclusion.Cancelled();
    }

    private SendConclusion givenUp(ActivityFailure failure) {
        SendConclusion conclusion = SendFailure.conclusion(failure);
        if (conclusion instanceof SendConclusion.Failed failed) {
            story.end(failed.type());
        }
        return conclusion;
    }

    private void answer(SendNowResult answer) {
        if (asked != null) {
            asked.complete(answer);
            asked = null;
        }
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
