package dev.tempost.workflows;

import io.temporal.api.enums.v1.RetryState;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.TimeoutFailure;
import org.jspecify.annotations.Nullable;

/** Reads what a failed send means for the delivery. */
final class SendFailure {

    private SendFailure() {}

    /** What to carry over to the durable attempt; null when no further attempt makes sense. */
    static @Nullable CarriedFailure worthAnother(ActivityFailure failure) {
        return switch (failure.getCause()) {
            case ApplicationFailure said
            when said.getType().equals(FailureType.FAILURE_CHANGED) ->
                said.getDetails().get(CarriedFailure.class);
            case ApplicationFailure said when said.isNonRetryable() -> null;
            case ApplicationFailure said ->
                new CarriedFailure(said.getType(), said.getOriginalMessage(), said.getNextRetryDelay());
            case TimeoutFailure timeout ->
                new CarriedFailure(
                        FailureType.ATTEMPT_IN_PROGRESS, "the attempt did not come back before its deadline", null);
            case null, default -> null;
        };
    }

    /** Whether an operator has said that it was to be the last, by options of the activity: Tempost sets no end there. */
    static boolean wasTheLast(ActivityFailure failure) {
        return failure.getRetryState() == RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED;
    }

    /** The task queue that the send belongs to; null when it was where it belongs. */
    static @Nullable String rateLimitedElsewhere(ActivityFailure failure) {
        return failure.getCause() instanceof ApplicationFailure said
                        && said.getType().equals(FailureType.RATE_LIMITED_ELSEWHERE)
                ? said.getDetails().get(String.class)
                : null;
    }

    /** Whether it ended without a word of its activity: nobody took it from its task queue for as long as it may wait there. */
    static boolean timedOut(ActivityFailure failure) {
        return failure.getCause() instanceof TimeoutFailure;
    }

    /** How a delivery ends whose send will not be repeated. */
    static SendConclusion conclusion(ActivityFailure failure) {
        return failure.getCause() instanceof ApplicationFailure said
                ? new SendConclusion.Failed(said.getType(), said.getOriginalMessage())
                : new SendConclusion.Cancelled();
    }
}
