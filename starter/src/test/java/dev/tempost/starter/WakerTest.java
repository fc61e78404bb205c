package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class WakerTest {

    private static final Duration PATIENT = Duration.ofMinutes(1);

    private final Waker waker = new Waker();

    @Test
    void aRingThatCameBeforeTheWaitEndsItAtOnce() throws InterruptedException {
        waker.ring();

        assertThat(waker.await(PATIENT)).isTrue();
    }

    @Test
    void manyRingsAreKeptAsOne() throws InterruptedException {
        waker.ring();
        waker.ring();
        waker.ring();

        assertThat(waker.await(Duration.ZERO)).isTrue();
        assertThat(waker.await(Duration.ZERO)).isFalse();
    }

    @Test
    void withoutARingPatienceRunsOut() throws InterruptedException {
        assertThat(waker.await(Duration.ofMillis(1))).isFalse();
    }

    @Test
    void aRingWakesTheOneWhoWaits() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var woken = threads.submit(() -> waker.await(PATIENT));

            CompletableFuture.runAsync(waker::ring, threads).join();

            assertThat(woken.get()).isTrue();
        }
    }
}
