package dev.tempost.app.engine;

import dev.tempost.activities.SendEvent;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.reconciliation.Disagreement;
import dev.tempost.reconciliation.RowsRemoved;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Prometheus scrapes: the backlog as the table has it, and what became of every send of this process. */
public final class Metrics {

    private static final Logger log = LoggerFactory.getLogger(Metrics.class);

    private static final Duration[] LAG_BUCKETS = {
        Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50),
        Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1),
        Duration.ofSeconds(5), Duration.ofSeconds(15), Duration.ofMinutes(1), Duration.ofMinutes(5),
        Duration.ofMinutes(30), Duration.ofHours(1), Duration.ofHours(6)
    };

    private final MeterRegistry registry;
    private final Backlog backlog;
    private final ProviderHealth providerHealth;
    private final Set<String> providers;
    private volatile Set<String> down = Set.of();
    private final Counter failures;
    private final MultiGauge rows;
    private final MultiGauge oldest;
    private final MultiGauge wedged;
    // by the registry's clock, when what is shown was counted; before the first count, when this began
    private volatile long countedAt;
    private boolean told;

    /**
     * @param providers the providers this process sends through
     */
    public Metrics(MeterRegistry registry, Backlog backlog, ProviderHealth providerHealth, Set<String> providers) {
        this.registry = registry;
        this.backlog = backlog;
        this.providerHealth = providerHealth;
        this.providers = providers;
        this.failures = Counter.builder("tempost.backlog.failures")
                .description("Counts of the backlog, and looks at what was counted, that failed")
                .register(registry);
        this.countedAt = now();
        // old figures are told by their age alone
        Gauge.builder(
                        "tempost.backlog.counted",
                        this,
                        metrics -> metrics.sinceCounted().toMillis() / 1000.0)
                .description("How long ago the backlog was counted")
                .baseUnit("seconds")
                .register(registry);
        this.rows = MultiGauge.builder("tempost.outbox.rows")
                .description("Rows that are open or failed")
                .register(registry);
        this.oldest = MultiGauge.builder("tempost.outbox.oldest.age")
                .description("Age of the oldest row that is due")
                .baseUnit("seconds")
                .register(registry);
        this.wedged = MultiGauge.builder("tempost.outbox.wedged.rows")
                .description("Dispatched rows that should have been tried again ten minutes ago")
                .register(registry);
    }

    /** Shows whether each part answers, and whether each provider takes messages. */
    public void watch(DependencyHealth parts) {
        for (Dependency part : Dependency.values()) {
            Gauge.builder("tempost.part.up", parts, all -> all.up(part) ? 1 : 0)
                    .description("1 when the part answered when it was last asked")
                    .tag("part", part.label())
                    .register(registry);
        }
        for (String provider : providers) {
            Gauge.builder("tempost.provider.up", this, metrics -> metrics.down.contains(provider) ? 0 : 1)
                    .description("0 while nothing is sent through the provider, because it fails")
                    .tag("provider", provider)
                    .register(registry);
        }
    }

    /** Counts what came of an attempt or a row. */
    public void count(SendEvent event) {
        Counter.builder("tempost.outcomes")
                .description("What came of attempts and rows")
                .tag("tenant", event.tenant())
                .tag("event_type", event.eventType())
                .tag("outcome", event.outcome())
                .register(registry)
                .increment();
        Duration lag = event.lag();
        if (lag != null) {
            Timer.builder("tempost.delivery.lag")
                    .description("From the row's creation, or its deliver_after, to its acceptance")
                    .tag("tenant", event.tenant())
                    .tag("event_type", event.eventType())
                    .serviceLevelObjectives(LAG_BUCKETS)
                    .register(registry)
                    .record(lag);
        }
    }

    /** Counts a row whose workflow had ended or vanished without telling it. */
    public void reconciled(Disagreement row) {
        Counter.builder("tempost.reconciled.rows")
                .description("Rows whose workflow ended or vanished without telling them, by what was found")
                .tag("finding", row.finding())
                .tag("outcome", row.outcome())
                .register(registry)
                .increment();
    }

    /** Counts rows that left the outbox. */
    public void removed(RowsRemoved removed) {
        Counter.builder("tempost.removed.rows")
                .description("Rows that were finished long ago and left the outbox")
                .tag("status", removed.status())
                .register(registry)
                .increment((double) removed.rows());
    }

    /**
     * Counts the backlog when it is this replica's turn, and shows what was counted and which providers are down. When that
     * fails the old figures stay, and their age says so.
     *
     * @param pause the shortest pause between two counts
     * @param longestWait the longest a delivery may wait between two attempts
     */
    public void countBacklog(Duration pause, Duration longestWait) {
        boolean counts = tried(() -> backlog.countWhenDue(pause, longestWait));
        // also after a count that failed: another replica may have counted
        boolean shows = tried(this::show);
        told &= !(counts && shows);
    }

    private boolean tried(Runnable part) {
        try {
            part.run();
            return true;
        } catch (OutboxUnavailableException e) {
            failures.increment();
            if (!told) {
                told = true;
                log.warn(
                        "The figures of the backlog stay as they are, {} s old: {}",
                        sinceCounted().toSeconds(),
                        e.getMessage());
            }
            return false;
        }
    }

    private void show() {
        Backlog.Counted counted = backlog.counted();
        down = providerHealth.down().stream().map(ProviderHealth.Down::provider).collect(Collectors.toSet());
        countedAt = now() - counted.age().toNanos();
        List<Backlog.Group> groups = counted.groups();
        rows.register(
                groups.stream()
                        .map(group -> MultiGauge.Row.of(tags(group), group.rows()))
                        .toList(),
                true);
        oldest.register(
                groups.stream()
                        .map(group -> MultiGauge.Row.of(tags(group), group.oldestSeconds()))
                        .toList(),
                true);
        wedged.register(
                groups.stream()
                        .filter(group -> group.status() == RowStatus.DISPATCHED)
                        .map(group -> MultiGauge.Row.of(namesOf(group), group.wedged()))
                        .toList(),
                true);
    }

    private Duration sinceCounted() {
        return Duration.ofNanos(now() - countedAt);
    }

    private long now() {
        return registry.config().clock().monotonicTime();
    }

    private static Tags namesOf(Backlog.Group group) {
        return Tags.of("tenant", group.tenant(), "event_type", group.eventType());
    }

    private static Tags tags(Backlog.Group group) {
        return namesOf(group).and("status", group.status().column());
    }
}
