package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EngineTest {

    private static final Duration GRACE = Duration.ofMillis(10);

    @Test
    void aPreparationThatHangsHoldsUpNoStop() throws InterruptedException {
        CountDownLatch preparing = new CountDownLatch(1);
        Semaphore database = new Semaphore(0);
        Engine engine = engine(() -> {
            preparing.countDown();
            // like a statement on a platform thread: no interrupt ends it
            database.acquireUninterruptibly();
        });
        engine.start();
        preparing.await();

        engine.stop();

        assertThat(engine.isRunning()).isFalse();
        database.release();
    }

    private static Engine engine(Engine.Preparation preparation) {
        return new Engine(preparation, null, null, null, List.of(), GRACE);
    }
}
