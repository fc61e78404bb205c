package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.workflows.CarriedFailure;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.SendRequest;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class FailuresTest {

    private final ApplicationFailure greylisted =
            Failures.retryable(FailureType.GREYLISTED, "451 later", Duration.ofMinutes(5));

    @ParameterizedTest
    @ValueSource(strings = {SendRequest.NOTHING, FailureType.PAUSED})
    void aWorkflowThatShowsAnotherFailureIsToldOfThisOne(String known) {
        ApplicationFailure told = Failures.shownBy(known, greylisted);

        assertThat(told.getType()).isEqualTo(FailureType.FAILURE_CHANGED);
        assertThat(told.isNonRetryable()).isTrue();
        assertThat(told.getDetails().get(CarriedFailure.class))
                .isEqualTo(new CarriedFailure(FailureType.GREYLISTED, "451 later", Duration.ofMinutes(5)));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = FailureType.GREYLISTED)
    void whatItShowsAlreadyAndWhatItNeedNotHearOfIsRepeatedByTemporal(@Nullable String known) {
        assertThat(Failures.shownBy(known, greylisted)).isSameAs(greylisted);
    }

    @Test
    void whatPassesAndWhatIsGivenUpStaysAsItIs() {
        ApplicationFailure passing = Failures.retryable(FailureType.NOT_ITS_TURN, "not yet", Duration.ofSeconds(1));
        ApplicationFailure permanent = Failures.nonRetryable(FailureType.MAILBOX_UNKNOWN, "550");

        assertThat(Failures.shownBy(FailureType.GREYLISTED, passing)).isSameAs(passing);
        assertThat(Failures.shownBy(FailureType.GREYLISTED, permanent)).isSameAs(permanent);
    }
}
