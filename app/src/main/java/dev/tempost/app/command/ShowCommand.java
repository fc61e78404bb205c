package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.rows.Rows;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** One row and its attempts. */
@Command(
        name = "show",
        description = "Shows one row and every attempt to send it. No recipient, no payload.",
        mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "ID", description = "The row's id.")
    private long id;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            Rows rows = new Rows(dataSource);
            Rows.Row row = rows.find(id);
            if (row == null) {
                System.err.println("There is no row " + id + ".");
                return 1;
            }
            line("row", row.id() + "  " + row.key());
            line("tenant", row.tenant());
            line("event type", row.eventType());
            line("status", row.status().column() + (row.reason() == null ? "" : " (" + row.reason() + ")"));
            if (row.depth() > 0) {
                line("depth", row.depth() + " (as many rows lead to it, each enqueued because of the one before)");
            }
            line("created", Formats.time(row.createdAt()));
            line("finished", Formats.time(row.finishedAt()));
            line("next attempt", Formats.time(row.nextAttemptAt()));
            line("attempts", Integer.toString(row.attempts()));
            if (row.lastError() != null) {
                line("last error", row.lastErrorType() + ": " + row.lastError());
            }
            line("workflow", row.workflowId());
            rows.attempts(id)
                    .forEach(attempt -> System.out.printf(
                            Locale.ROOT,
                            "  attempt %-3d %s  %-12s %-12s %s%n",
                            attempt.attempt(),
                            Formats.time(attempt.startedAt()),
                            attempt.provider(),
                            attempt.phase(),
                            attempt.reply() == null ? "" : attempt.reply()));
            return 0;
        });
    }

    private static void line(String name, String value) {
        System.out.printf(Locale.ROOT, "%-14s%s%n", name, value);
    }
}
