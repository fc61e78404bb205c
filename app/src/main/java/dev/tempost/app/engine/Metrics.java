package dev.tempost.app.engine;

import dev.tempost.activities.SendEvent;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.reconciliation.Disagreement;
import dev.tempost.reconciliation.RowsRemoved;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
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

    private static final int SHOWN_PAUSES = 100;

    private final MeterRegistry registry;
    private final Backlog backlog;
    private final Pauses pauses;
    private final ProviderHealth providerHealth;
    private final Labels labels;
    private final BacklogGauges gauges;
    private final Set<String> providers;
    private volatile Set<String> down = Set.of();
    private final Counter failures;
    // by the registry's clock, when what is shown was counted; before the first count, when this began
    private volatile long countedAt;
    private boolean told;

    /**
     * @param providers the providers this process sends through
     * @param named whose figures are shown under their own names in any case
     */
    public Metrics(
            MeterRegistry registry,
            Backlog backlog,
            Pauses pauses,
            ProviderHealth providerHealth,
            Set<String> providers,
            Backlog.Named named) {
        this.registry = registry;
        this.backlog = backlog;
        this.pauses = pauses;
        this.providerHealth = providerHealth;
        this.providers = providers;
        this.labels = new Labels(named);
        this.gauges = new BacklogGauges(registry, labels);
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
    }

    /** Shows whether each part answers, and whether each provider takes messages. */
    public void watch(DependencyHealth parts) {
        for (Dependency part : parts.used()) {
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

    /** Shows whether what is said to each part is protected on its way. */
    public void show(List<Way> ways) {
        ways.stream().collect(Collectors.groupingBy(Way::part)).forEach((part, leading) -> {
            double isProtected = leading.stream().allMatch(Way::isProtected) ? 1 : 0;
            Gauge.builder("tempost.part.protected", () -> isProtected)
                    .description("0 when what is said to the part may be read on its way to another machine")
                    .tag("part", part.label())
                    .register(registry);
        });
    }

    /** Counts what came of an attempt or a row. */
    public void count(SendEvent event) {
        Tags names = BacklogGauges.tags(labels.of(event.tenant(), event.eventType()));
        Counter.builder("tempost.outcomes")
                .description("What came of attempts and rows")
                .tags(names)
                .tag("outcome", event.outcome())
                .register(registry)
                .increment();
        Duration lag = event.lag();
        if (lag != null) {
            Timer.builder("tempost.delivery.lag")
                    .description("From the row's creation, or its deliver_after, to its acceptance")
                    .tags(names)
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
     * Counts the backlog when it is this replica's turn, and shows what was counted, what is paused and which providers are
     * down. When that fails the old figures stay, and their age says so.
     *
     * @param pause the shortest pause between two counts
     * @param longestWait the longest a delivery may wait between two attempts
     */
    public void countBacklog(Duration pause, Duration longestWait) {
        boolean counts = tried(() -> backlog.countWhenDue(pause, longestWait, labels.named()));
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
        List<ProviderHealth.Down> stopped = providerHealth.down().stream()
                .filter(provider -> providers.contains(provider.provider()))
                .toList();
        down = stopped.stream().map(ProviderHealth.Down::provider).collect(Collectors.toSet());
        countedAt = now() - counted.age().toNanos();
        gauges.show(counted.groups());
        gauges.showDown(stopped);
        gauges.showPauses(pauses.held(SHOWN_PAUSES));
    }

    private Duration sinceCounted() {
        return Duration.ofNanos(now() - countedAt);
    }

    private long now() {
        return registry.config().clock().monotonicTime();
    }
}
