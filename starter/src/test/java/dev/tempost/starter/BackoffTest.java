package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofMillis(300));

    @Test
    void everyPauseIsTwiceTheOneBeforeUpToTheLongest() {
        assertThat(Stream.generate(backoff::next).limit(5).map(Duration::toMillis))
                .containsExactly(50L, 100L, 200L, 300L, 300L);
    }

    @Test
    void aResetStartsWithTheShortestAgain() {
        backoff.next();
        backoff.next();

        backoff.reset();

        assertThat(backoff.next()).isEqualTo(Duration.ofMillis(50));
    }
}
