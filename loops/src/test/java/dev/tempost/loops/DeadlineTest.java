package dev.tempost.loops;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    @Test
    void noMoreIsLeftThanThePatience() {
        Duration patience = Duration.ofHours(1);

        assertThat(Deadline.in(patience).left()).isPositive().isLessThanOrEqualTo(patience);
    }

    @Test
    void onceItHasPassedNothingIsLeft() {
        assertThat(new Deadline(System.nanoTime() - 1).left()).isZero();
    }
}
