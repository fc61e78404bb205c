package dev.tempost.app.engine;

import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The gauges of what is open and of what is held back. */
final class BacklogGauges {

    private static final String ALL = "*";

    private final Labels labels;
    private final MultiGauge rows;
    private final MultiGauge oldest;
    private final MultiGauge wedged;
    private final MultiGauge paused;
    private final MultiGauge pauses;
    private final MultiGauge down;

    BacklogGauges(MeterRegistry registry, Labels labels) {
        this.labels = labels;
        rows = MultiGauge.builder("tempost.outbox.rows")
                .description("Rows that are open or failed")
                .register(registry);
        oldest = MultiGauge.builder("tempost.outbox.oldest.age")
                .description("Age of the oldest row that is due")
                .baseUnit("seconds")
                .register(registry);
        wedged = MultiGauge.builder("tempost.outbox.wedged.rows")
                .description("Dispatched rows that should have been tried again ten minutes ago")
                .register(registry);
        paused = MultiGauge.builder("tempost.outbox.paused.rows")
                .description("Rows that a switch holds back")
                .register(registry);
        pauses = MultiGauge.builder("tempost.paused")
                .description("How long a switch has held, the oldest of those that are about the same")
                .baseUnit("seconds")
                .register(registry);
        down = MultiGauge.builder("tempost.provider.down")
                .description("1 while nothing is sent through the provider, by the failure type that says why")
                .register(registry);
    }

    void show(List<Backlog.Group> groups) {
        Map<Tags, Double> count = new HashMap<>();
        Map<Tags, Double> age = new HashMap<>();
        Map<Tags, Double> stuck = new HashMap<>();
        Map<Tags, Double> held = new HashMap<>();
        for (Backlog.Group group : groups) {
            Tags names = tags(labels.of(group.tenant(), group.eventType()));
            Tags all = names.and("status", group.status().column());
            count.merge(all, (double) group.rows(), Double::sum);
            age.merge(all, group.oldestSeconds(), Math::max);
            if (group.status() != RowStatus.FAILED) {
                held.merge(names, (double) group.paused(), Double::sum);
            }
            if (group.status() == RowStatus.DISPATCHED) {
                stuck.merge(names, (double) group.wedged(), Double::sum);
            }
        }
        register(rows, count);
        register(oldest, age);
        register(wedged, stuck);
        register(paused, held);
    }

    /** Keys of shards stay in PostgreSQL: they may be anybody's. */
    void showPauses(List<Pauses.Held> holding) {
        register(
                pauses,
                holding.stream()
                        .collect(Collectors.toMap(
                                held -> Tags.of(
                                        "tenant",
                                        held.tenant() == null ? ALL : held.tenant(),
                                        "event_type",
                                        held.eventType() == null ? ALL : held.eventType(),
                                        "shards",
                                        held.ofShards() ? "some" : ALL),
                                Pauses.Held::seconds,
                                Math::max)));
    }

    void showDown(List<ProviderHealth.Down> providers) {
        register(
                down,
                providers.stream()
                        .collect(Collectors.toMap(
                                provider -> Tags.of("provider", provider.provider(), "type", provider.errorType()),
                                provider -> 1.0)));
    }

    static Tags tags(Labels.Pair pair) {
        return Tags.of("tenant", pair.tenant(), "event_type", pair.eventType());
    }

    private static void register(MultiGauge gauge, Map<Tags, Double> values) {
        gauge.register(
                values.entrySet().stream()
                        .map(value -> MultiGauge.Row.of(value.getKey(), value.getValue()))
                        .toList(),
                true);
    }
}
