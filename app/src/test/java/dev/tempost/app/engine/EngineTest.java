package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.activities.BreakerSettings;
import dev.tempost.activities.Probes;
import dev.tempost.outbox.ledger.ProviderHealth;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

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

    @Test
    void aRoleThatDoesNotStartEndsTheProcessInsteadOfLeavingItNeverReady() {
        Probes probes = new Probes(new ProviderHealth(new PGSimpleDataSource()), BreakerSettings.DEFAULTS, Map.of());
        probes.start();
        Engine engine = new Engine(() -> {}, null, null, probes, List.of(), GRACE);

        engine.start();

        assertThat(engine.refused()).failsWithin(Duration.ofSeconds(10));
        assertThatThrownBy(engine::throwRefusal).hasMessageContaining("the roles could not be started");
        assertThat(engine.ready()).isFalse();
        engine.stop();
    }

    @Test
    void aFaultThatNoServerCanMendEndsTheProcessToo() {
        Engine engine = engine(() -> {
            throw new NoClassDefFoundError("dev/tempost/Gone");
        });

        engine.start();

        assertThat(engine.refused()).failsWithin(Duration.ofSeconds(10));
        assertThatThrownBy(engine::throwRefusal).hasMessageContaining("dev/tempost/Gone");
        engine.stop();
    }

    private static Engine engine(Engine.Preparation preparation) {
        return new Engine(preparation, null, null, null, List.of(), GRACE);
    }
}
