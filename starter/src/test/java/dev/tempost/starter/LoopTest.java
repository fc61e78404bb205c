package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LoopTest {

    private final CountDownLatch enough = new CountDownLatch(3);
    private Loop loop = new Loop("Nothing", () -> {});

    @AfterEach
    void stop() throws InterruptedException {
        loop.stop();
        loop.join(Duration.ofSeconds(10));
    }

    @Test
    void aRoundThatFailsIsFollowedByAnother() throws InterruptedException {
        loop = new Loop("Failing", () -> {
            enough.countDown();
            throw new IllegalStateException("as it always does");
        });

        loop.start();

        enough.await();
    }

    @Test
    void aChoreIsDoneAtOnceAgainWhileThereIsMoreOfIt() throws InterruptedException {
        loop = Loop.every(Duration.ofDays(1), "Counting", () -> {
            enough.countDown();
            return true;
        });

        loop.start();

        enough.await();
    }

    @Test
    void aChoreThatIsDoneWaitsForItsTime() throws InterruptedException {
        AtomicInteger rounds = new AtomicInteger();
        CountDownLatch first = new CountDownLatch(1);
        loop = Loop.every(Duration.ofDays(1), "Waiting", () -> {
            rounds.incrementAndGet();
            first.countDown();
            return false;
        });
        loop.start();
        first.await();

        loop.stop();
        loop.join(Duration.ofSeconds(10));

        assertThat(rounds).hasValue(1);
    }

    @Test
    void aLoopThatHangsHoldsUpNoOther() throws InterruptedException {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        Loop hanging = new Loop("Hanging", () -> {
            hangs.countDown();
            try {
                never.await();
            } catch (InterruptedException e) {
                interrupted.set(true);
                throw e;
            }
        });
        loop = new Loop("Going on", enough::countDown);
        hanging.start();
        hangs.await();

        loop.start();

        enough.await();
        hanging.stop();
        hanging.join(Duration.ofSeconds(10));
        assertThat(interrupted).isTrue();
    }

    @Test
    void aLoopThatWasNeverStartedIsStopped() throws InterruptedException {
        loop.stop();

        loop.join(Duration.ofDays(1));
    }
}
