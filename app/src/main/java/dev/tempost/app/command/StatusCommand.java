package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** How many rows are where, and how old the oldest is. */
@Command(
        name = "status",
        description = "Shows how many rows are in which state, and how old the oldest open ones are.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            Backlog backlog = new Backlog(dataSource);
            List<Backlog.Total> totals = backlog.totals(tenant.name);
            totals.forEach(total -> System.out.printf(
                    Locale.ROOT, "%-12s %,10d%n", total.status().column(), total.rows()));
            if (totals.isEmpty()) {
                System.out.println("no rows");
            }
            List<Backlog.Group> open = backlog.groups().stream()
                    .filter(group -> tenant.name == null || tenant.name.equals(group.tenant()))
                    .toList();
            if (!open.isEmpty()) {
                System.out.printf(
                        Locale.ROOT,
                        "%n%-16s %-24s %-12s %10s %14s%n",
                        "tenant",
                        "event type",
                        "status",
                        "rows",
                        "oldest due");
                open.forEach(group -> System.out.printf(
                        Locale.ROOT,
                        "%-16s %-24s %-12s %,10d %14s%n",
                        group.tenant(),
                        group.eventType(),
                        group.status().column(),
                        group.rows(),
                        Formats.age(group.oldestSeconds())));
            }
            new ProviderHealth(dataSource)
                    .down()
                    .forEach(down -> System.out.printf(
                            Locale.ROOT,
                            "%nprovider %s is down since %s, probed next at %s: %s: %s%n",
                            down.provider(),
                            Formats.time(down.since()),
                            Formats.time(down.probeAt()),
                            down.errorType(),
                            down.error()));
            new Pauses(dataSource)
                    .active()
                    .forEach(pause -> System.out.printf(
                            Locale.ROOT,
                            "%npaused: %s, by %s since %s: %s%n",
                            pause.scope(),
                            pause.pausedBy(),
                            Formats.time(pause.pausedAt()),
                            pause.reason()));
            return 0;
        });
    }
}
