package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.api.enums.v1.RetryState;
import io.temporal.api.enums.v1.TimeoutType;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TimeoutFailure;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SendFailureTest {

    @Test
    void aRetryableFailureIsCarriedWithTheWaitItAskedFor() {
        ApplicationFailure said = ApplicationFailure.newBuilder()
                .setType(FailureType.GREYLISTED)
                .setMessage("451 come back")
                .setNextRetryDelay(Duration.ofMinutes(5))
                .build();

        assertThat(SendFailure.worthAnother(failure(RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED, said)))
                .isEqualTo(new CarriedFailure(FailureType.GREYLISTED, "451 come back", Duration.ofMinutes(5)));
    }

    @Test
    void anAttemptThatDidNotComeBackIsCarriedAsInProgress() {
        assertThat(SendFailure.worthAnother(failure(RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED, timeout())))
                .extracting(CarriedFailure::type)
                .isEqualTo(FailureType.ATTEMPT_IN_PROGRESS);
    }

    @Test
    void aPermanentFailureOrACancelIsNotCarried() {
        ApplicationFailure permanent = ApplicationFailure.newNonRetryableFailure("550", FailureType.MAILBOX_UNKNOWN);

        assertThat(SendFailure.worthAnother(failure(RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE, permanent)))
                .isNull();
        assertThat(SendFailure.worthAnother(
                        failure(RetryState.RETRY_STATE_CANCEL_REQUESTED, new CanceledFailure("stopped"))))
                .isNull();
    }

    @Test
    void aPermanentFailureEndsFailedWithItsOwnWords() {
        ApplicationFailure permanent = ApplicationFailure.newNonRetryableFailure("550", FailureType.MAILBOX_UNKNOWN);

        assertThat(SendFailure.conclusion(failure(RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE, permanent)))
                .isEqualTo(new SendConclusion.Failed(FailureType.MAILBOX_UNKNOWN, "550"));
    }

    @Test
    void aSendThatEndedWithoutAWordTimedOut() {
        ApplicationFailure said = ApplicationFailure.newFailure("451", FailureType.GREYLISTED);

        assertThat(SendFailure.timedOut(failure(RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE, timeout())))
                .isTrue();
        assertThat(SendFailure.timedOut(failure(RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE, said)))
                .isFalse();
    }

    @Test
    void onlyWhoseAttemptsAreUsedUpWasTheLast() {
        ApplicationFailure said = ApplicationFailure.newFailure("451", FailureType.GREYLISTED);

        assertThat(SendFailure.wasTheLast(failure(RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED, said)))
                .isTrue();
        assertThat(SendFailure.wasTheLast(failure(RetryState.RETRY_STATE_CANCEL_REQUESTED, said)))
                .isFalse();
    }

    @Test
    void aCancelledSendEndsCancelled() {
        assertThat(SendFailure.conclusion(
                        failure(RetryState.RETRY_STATE_CANCEL_REQUESTED, new CanceledFailure("stopped"))))
                .isEqualTo(new SendConclusion.Cancelled());
    }

    private static TimeoutFailure timeout() {
        return new TimeoutFailure("late", null, TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE);
    }

    private static ActivityFailure failure(RetryState state, Throwable cause) {
        return new ActivityFailure("send failed", 1, 2, "Send", "1", state, "test", cause);
    }
}
