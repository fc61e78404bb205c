package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.SendEvent;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.testing.TestDatabase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
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
    private static final int MADE_UP = 100_000;

    @AutoClose
    private final TestDatabase database = TestDatabase.create();

    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final DataSource dataSource = whileReachable(database.dataSource());
    private final Metrics metrics = metrics(registry);
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
        new Backlog(database.dataSource()).countWhenDue(PAUSE, LONGEST_WAIT, Backlog.Named.NONE);
        database.execute("ALTER FUNCTION tempost.take_count(interval, interval) RENAME TO gone");

        metrics.countBacklog(PAUSE, LONGEST_WAIT);

        assertThat(gauge("tempost.outbox.rows")).isEqualTo(1);
        assertThat(registry.get("tempost.backlog.failures").counter().count()).isEqualTo(1);
    }

    @Test
    void aHundredThousandEventTypesAndTenantsAreAFewHundredSeriesAndTheirSumsAreRight() {
        database.execute("INSERT INTO tempost.outbox (event_type) SELECT 'made_up_' || n FROM generate_series(1, "
                + MADE_UP + ") n");
        database.execute("INSERT INTO tempost.outbox (tenant, event_type) VALUES ('acme', 'receipt')");
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        Metrics flooded = metrics(prometheus);

        flooded.countBacklog(PAUSE, LONGEST_WAIT);
        for (int i = 1; i <= MADE_UP; i++) {
            flooded.count(delivered("default", "made_up_" + i));
            flooded.count(delivered("made-up-" + i, "receipt"));
        }
        flooded.count(delivered("acme", "receipt"));

        assertThat(prometheus.getMeters()).hasSizeLessThan(1000);
        assertThat(prometheus.scrape().length()).as("characters of a scrape").isLessThan(1_000_000);
        assertThat(sum(prometheus, "tempost.outbox.rows")).isEqualTo(MADE_UP + 1);
        assertThat(prometheus.find("tempost.outcomes").counters().stream()
                        .mapToDouble(Counter::count)
                        .sum())
                .isEqualTo(2 * MADE_UP + 1);
        assertThat(prometheus.find("tempost.delivery.lag").timers().stream()
                        .mapToLong(Timer::count)
                        .sum())
                .isEqualTo(2 * MADE_UP + 1);
        assertThat(prometheus
                        .get("tempost.outcomes")
                        .tags("tenant", "acme", "event_type", "receipt")
                        .counter()
                        .count())
                .as("what is named in the configuration")
                .isEqualTo(1);
        assertThat(prometheus
                        .get("tempost.outbox.rows")
                        .tags("tenant", "acme", "event_type", "receipt")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(prometheus
                        .get("tempost.outbox.rows")
                        .tags("tenant", "default", "event_type", "other")
                        .gauge()
                        .value())
                .isGreaterThan(MADE_UP / 2.0);
    }

    @Test
    void whatAProcessDoesNotUseIsNoPartOfIt() {
        metrics.watch(new DependencyHealth(Map.of(Dependency.POSTGRESQL, () -> {}, Dependency.TEMPORAL, () -> {})));

        assertThat(registry.get("tempost.part.up").gauges())
                .extracting(gauge -> gauge.getId().getTag("part"))
                .containsExactlyInAnyOrder("postgresql", "temporal");
    }

    @Test
    void switchesAndTheRowsTheyHoldBackAreShown() {
        database.execute("INSERT INTO tempost.outbox (tenant, event_type, created_at) VALUES"
                + " ('acme', 'welcome', now() - interval '1 day'), ('club', 'welcome', now())");
        database.execute(
                "INSERT INTO tempost.pause (tenant, event_type, shard_key, reason, paused_by, paused_at) VALUES"
                        + " ('acme', NULL, NULL, 'unpaid', 'ada', now() - interval '5 hours'),"
                        + " ('acme', NULL, 'ada@example.com', 'unpaid', 'ada', now())");

        metrics.countBacklog(PAUSE, LONGEST_WAIT);

        assertThat(registry.get("tempost.outbox.paused.rows")
                        .tags("tenant", "acme", "event_type", "welcome")
                        .gauge()
                        .value())
                .isEqualTo(1);
        assertThat(registry.get("tempost.outbox.oldest.age")
                        .tags("tenant", "acme")
                        .gauge()
                        .value())
                .isZero();
        assertThat(registry.get("tempost.paused")
                        .tags("tenant", "acme", "event_type", "*", "shards", "*")
                        .gauge()
                        .value())
                .isBetween(18000.0, 18060.0);
        assertThat(registry.get("tempost.paused").gauges())
                .extracting(gauge -> gauge.getId().getTag("shards"))
                .as("keys of shards are nobody else's business")
                .containsExactlyInAnyOrder("*", "some");

        database.execute("UPDATE tempost.pause SET resumed_at = now(), resumed_by = 'ada'");
        metrics.countBacklog(PAUSE, LONGEST_WAIT);
        assertThat(registry.find("tempost.paused").gauges()).isEmpty();
    }

    private Metrics metrics(MeterRegistry shown) {
        return new Metrics(
                shown,
                new Backlog(dataSource),
                new Pauses(dataSource),
                new ProviderHealth(dataSource),
                Set.of("default"),
                new Backlog.Named(Set.of("acme"), Set.of("receipt")));
    }

    private static SendEvent delivered(String tenant, String eventType) {
        return new SendEvent(1, tenant, eventType, "delivered", Duration.ofMillis(20));
    }

    private static double sum(MeterRegistry registry, String gauge) {
        return registry.find(gauge).gauges().stream().mapToDouble(Gauge::value).sum();
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
