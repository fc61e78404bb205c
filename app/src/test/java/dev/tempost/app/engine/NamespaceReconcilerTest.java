package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class NamespaceReconcilerTest {

    private long now;
    private boolean temporalAnswers = true;
    private boolean refuses;
    private int restored;
    private final NamespaceReconciler reconciler =
            new NamespaceReconciler(() -> temporalAnswers, this::restore, () -> now);

    @Test
    void itRestoresAtOnceAndThenEachMinute() {
        looks();
        looks();
        assertThat(restored).isEqualTo(1);

        pass(Duration.ofSeconds(59));
        looks();
        assertThat(restored).isEqualTo(1);

        pass(Duration.ofSeconds(1));
        looks();
        assertThat(restored).isEqualTo(2);
    }

    @Test
    void itRestoresOutOfTurnWhenItIsAsked() {
        looks();

        reconciler.requestRun();
        looks();
        looks();

        assertThat(restored).isEqualTo(2);
    }

    @Test
    void whileTemporalIsAwayItWaitsAndRestoresOnceItIsBack() {
        looks();

        temporalAnswers = false;
        looks();
        looks();
        assertThat(restored).isEqualTo(1);

        temporalAnswers = true;
        looks();
        looks();
        assertThat(restored).isEqualTo(2);
    }

    @Test
    void whatFailedIsOwed() {
        refuses = true;
        assertThatThrownBy(this::looks).hasMessage("refused");

        refuses = false;
        looks();
        looks();

        assertThat(restored).isEqualTo(1);
    }

    private void looks() {
        reconciler.look();
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    private void restore() {
        if (refuses) {
            throw new IllegalStateException("refused");
        }
        restored++;
    }
}
