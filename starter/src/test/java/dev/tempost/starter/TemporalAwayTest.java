package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TemporalAwayTest {

    private final AtomicInteger asked = new AtomicInteger();
    private final List<Duration> pauses = new ArrayList<>();
    private final TemporalAway away = new TemporalAway(() -> asked.incrementAndGet() >= 3, pauses::add);

    @Test
    void nobodyWaitsOrAsksWhileTemporalAnswers() throws InterruptedException {
        away.await();

        assertThat(away.now()).isFalse();
        assertThat(asked).hasValue(0);
    }

    @Test
    void afterAFailedCallItIsAskedUntilItAnswers() throws InterruptedException {
        away.failed(new IllegalStateException("gone"));
        assertThat(away.now()).isTrue();

        away.await();

        assertThat(away.now()).isFalse();
        assertThat(pauses).extracting(Duration::toMillis).containsExactly(100L, 200L, 400L);
    }

    @Test
    void aSignOfLifeDoesNotShortenTheNextPauseButAStartThatSucceedsDoes() throws InterruptedException {
        away.failed(new IllegalStateException("gone"));
        away.await();

        away.failed(new IllegalStateException("gone"));
        away.await();
        assertThat(pauses).last().as("after a sign of life").isEqualTo(Duration.ofMillis(800));

        away.worked();
        away.failed(new IllegalStateException("gone"));
        away.await();
        assertThat(pauses).last().as("after a start").isEqualTo(Duration.ofMillis(100));
    }
}
