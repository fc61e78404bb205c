package dev.tempost.loops;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofMillis(300));

    @Test
    void everyPauseIsTwiceTheOneBeforeUpToTheLongest() {
        assertThat(IntStream.range(0, 5).mapToObj(backoff::after).map(Duration::toMillis))
                .containsExactly(50L, 100L, 200L, 300L, 300L);
    }

    @Test
    void howeverOftenSomethingFailedTheLongestIsTheLongest() {
        assertThat(backoff.after(Integer.MAX_VALUE)).isEqualTo(Duration.ofMillis(300));
    }

    @Test
    void aLongestThatIsShorterThanTheShortestIsObeyed() {
        assertThat(new Backoff(Duration.ofMinutes(1), Duration.ofSeconds(1)).after(0))
                .isEqualTo(Duration.ofSeconds(1));
    }
}
