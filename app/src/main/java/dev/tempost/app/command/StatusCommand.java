package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** How many rows are where, and how old the oldest is. */
@Command(
        name = "status",
        description = {
            "Shows how many rows are in which state, and how long the oldest open ones have been due.",
            "Also names the providers that are down, and what is paused. Tenants and event types beyond the first few hundred are"
                    + " added up as other."
        },
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Output output;

    private record Status(
            List<Backlog.Total> totals,
            List<Backlog.Group> open,
            List<ProviderHealth.Down> down,
            List<Pauses.Pause> pauses) {}

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            Backlog backlog = new Backlog(dataSource);
            Status status = new Status(
                    backlog.totals(tenant.name),
                    backlog.groups(tenant.name),
                    new ProviderHealth(dataSource).down(),
                    new Pauses(dataSource).active());
            output.print(json(status), () -> print(status));
            return ExitCode.DONE;
        });
    }

    private static Object json(Status status) {
        return Output.object(
                "totals",
                status.totals().stream()
                        .map(total -> Output.object("status", total.status().column(), "rows", total.rows()))
                        .toList(),
                "open",
                status.open().stream()
                        .map(group -> Output.object(
                                "tenant", group.tenant(),
                                "event_type", group.eventType(),
                                "status", group.status().column(),
                                "rows", group.rows(),
                                "due", group.due(),
                                "paused", group.paused(),
                                "wedged", group.wedged(),
                                "ambiguous", group.ambiguous(),
                                "oldest_due_seconds", group.oldestSeconds()))
                        .toList(),
                "providers_down",
                status.down().stream()
                        .map(down -> Output.object(
                                "provider", down.provider(),
                                "since", down.since(),
                                "probe_at", down.probeAt(),
                                "error_type", down.errorType(),
                                "error", down.error()))
                        .toList(),
                "pauses",
                status.pauses().stream()
                        .map(pause -> Output.object(
                                "tenant", pause.scope().tenant(),
                                "event_type", pause.scope().eventType(),
                                "shard_key", pause.scope().shardKey(),
                                "reason", pause.reason(),
                                "paused_by", pause.pausedBy(),
                                "paused_at", pause.pausedAt()))
                        .toList());
    }

    private static void print(Status status) {
        status.totals()
                .forEach(total -> Formats.printf("%-12s %,10d%n", total.status().column(), total.rows()));
        if (status.totals().isEmpty()) {
            System.out.println("no rows");
        }
        OpenRows.print(status.open());
        OpenRows.printWhatHolds(status.down(), status.pauses());
    }
}
