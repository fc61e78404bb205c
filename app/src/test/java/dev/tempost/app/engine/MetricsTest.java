package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.testing.TestDatabase;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

class MetricsTest {

    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);

    @AutoClose
    private final TestDatabase database = TestDatabase.create();

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final DataSource dataSource = whileReachable(database.dataSource());
    private final Metrics metrics =
            new Metrics(registry, new Backlog(dataSource), new ProviderHealth(dataSource), Set.of("default"));
    // other tests write to the same output
    private final String refusal = "connection refused: " + UUID.randomUUID();
    private boolean unreachable;

    @Test
    void theBacklogIsShownWithItsAge() {
        database.execute("INSERT INTO tempost.outbox (event_type) VALUES ('welcome'), ('welcome')");

        metrics.countBacklog(PAUSE, LONGEST_WAIT);

        assertThat(gauge("tempost.outbox.rows")).isEqualTo(2);
        assertThat(gauge("tempost.backlog.counted")).isBetween(0.0, 30.0);
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    @ResourceLock(Resources.SYSTEM_OUT)
    void figuresThatCannotBeCountedAnewStayAndGrowOldAndAreWarnedOfOnce(CapturedOutput output) {
        database.execute("INSERT INTO tempost.outbox (event_type) VALUES ('welcome')");
        metrics.countBacklog(PAUSE, LONGEST_WAIT);
        unreachable = true;

        for (int i = 0; i < 5; i++) {
            clock.add(Duration.ofMinutes(1));
            metrics.countBacklog(PAUSE, LONGEST_WAIT);
        }

        assertThat(gauge("tempost.outbox.rows")).isEqualTo(1);
        assertThat(gauge("tempost.backlog.counted")).isBetween(300.0, 330.0);
        assertThat(registry.get("tempost.backlog.failures").counter().count()).isPositive();
        assertThat(output.getOut().split(refusal, -1))
                .as("warnings, and what stands around them")
                .hasSize(2);

        unreachable = false;
        metrics.countBacklog(PAUSE, LONGEST_WAIT);

        assertThat(gauge("tempost.backlog.counted")).isLessThan(60.0);
    }

    @Test
    void aBacklogThatWasNeverReadIsAsOldAsTheProcess() {
        unreachable = true;
        clock.add(Duration.ofMinutes(20));

        metrics.countBacklog(PAUSE, LONGEST_WAIT);

        assertThat(gauge("tempost.backlog.counted")).isEqualTo(1200.0);
    }

    @Test
    void aCountThatFailsDoesNotHideWhatAnotherReplicaCounted() {
        database.execute("INSERT INTO tempost.outbox (event_type) VALUES ('welcome')");
        new Backlog(database.dataSource()).countWhenDue(PAUSE, LONGEST_WAIT);
        database.execute("ALTER FUNCTION tempost.take_count(interval, interval) RENAME TO gone");

        metrics.countBacklog(PAUSE, LONGEST_WAIT);

        assertThat(gauge("tempost.outbox.rows")).isEqualTo(1);
        assertThat(registry.get("tempost.backlog.failures").counter().count()).isEqualTo(1);
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    private DataSource whileReachable(DataSource real) {
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (unreachable) {
                        throw new SQLException(refusal);
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
