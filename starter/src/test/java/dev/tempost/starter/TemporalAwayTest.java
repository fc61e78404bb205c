package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TemporalAwayTest {

    private static final Duration MOMENT = Duration.ofMillis(1);

    private final AtomicInteger asked = new AtomicInteger();
    private final Backoff backoff = new Backoff(MOMENT, Duration.ofMillis(8));
    private final TemporalAway away = new TemporalAway(() -> asked.incrementAndGet() >= 3, backoff);

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
        assertThat(asked).hasValue(3);
    }

    @Test
    void aSignOfLifeDoesNotShortenTheNextPauseButAStartThatSucceedsDoes() throws InterruptedException {
        away.failed(new IllegalStateException("gone"));
        away.await();
        assertThat(backoff.next()).as("after a sign of life").isGreaterThan(MOMENT);

        away.worked();

        assertThat(backoff.next()).isEqualTo(MOMENT);
    }
}
