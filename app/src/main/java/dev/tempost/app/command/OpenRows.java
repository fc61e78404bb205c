package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import java.util.List;
import java.util.Locale;

/** How a terminal shows what is open, and what holds it back. */
final class OpenRows {

    private static final String COLUMNS = "%-16s %-24s %-12s %10s %10s %14s%n";

    private OpenRows() {}

    static void print(List<Backlog.Group> groups) {
        if (!groups.isEmpty()) {
            Formats.printf("%n" + COLUMNS, "tenant", "event type", "status", "rows", "paused", "oldest due");
        }
        groups.forEach(group -> Formats.printf(
                COLUMNS,
                group.tenant(),
                group.eventType(),
                group.status().column(),
                String.format(Locale.ROOT, "%,d", group.rows()),
                group.paused() == 0 ? "-" : String.format(Locale.ROOT, "%,d", group.paused()),
                Formats.age(group.oldestSeconds())));
    }

    static void printWhatHolds(List<ProviderHealth.Down> down, List<Pauses.Pause> pauses) {
        down.forEach(provider -> Formats.printf(
                "%nprovider %s is down since %s, probed next at %s: %s: %s%n",
                provider.provider(),
                Formats.time(provider.since()),
                Formats.time(provider.probeAt()),
                provider.errorType(),
                provider.error()));
        pauses.forEach(pause -> Formats.printf(
                "%npaused: %s, by %s since %s: %s%n",
                pause.scope(), pause.pausedBy(), Formats.time(pause.pausedAt()), pause.reason()));
    }
}
