package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.rows.Rows;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** One row and its attempts. */
@Command(
        name = "show",
        description = "Shows one row and every attempt to send it. No recipient, no payload.",
        mixinStandardHelpOptions = true)
final class ShowCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "ID", description = "The row's id.")
    private long id;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Output output;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            Rows rows = new Rows(dataSource);
            Rows.Row row = rows.find(id);
            if (row == null) {
                System.err.println("There is no row " + id + ".");
                return ExitCode.REFUSED;
            }
            List<Rows.Attempt> attempts = rows.attempts(id);
            Map<String, @Nullable Object> document = json(row);
            document.put("ledger", attempts.stream().map(ShowCommand::json).toList());
            output.print(document, () -> print(row, attempts));
            return ExitCode.DONE;
        });
    }

    /** No recipient and no payload. */
    static Map<String, @Nullable Object> json(Rows.Row row) {
        return Output.object(
                "id", row.id(),
                "key", row.key(),
                "tenant", row.tenant(),
                "event_type", row.eventType(),
                "status", row.status().column(),
                "reason", row.reason(),
                "attempts", row.attempts(),
                "depth", row.depth(),
                "created_at", row.createdAt(),
                "next_attempt_at", row.nextAttemptAt(),
                "finished_at", row.finishedAt(),
                "last_error_type", row.lastErrorType(),
                "last_error", row.lastError(),
                "workflow_id", row.workflowId());
    }

    private static Object json(Rows.Attempt attempt) {
        return Output.object(
                "attempt", attempt.attempt(),
                "phase", attempt.phase(),
                "provider", attempt.provider(),
                "reply", attempt.reply(),
                "started_at", attempt.startedAt(),
                "finished_at", attempt.finishedAt());
    }

    private static void print(Rows.Row row, List<Rows.Attempt> attempts) {
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
        attempts.forEach(attempt -> Formats.printf(
                "  attempt %-3d %s  %-12s %-12s %s%n",
                attempt.attempt(),
                Formats.time(attempt.startedAt()),
                attempt.provider(),
                attempt.phase(),
                attempt.reply() == null ? "" : attempt.reply()));
    }

    private static void line(String name, String value) {
        Formats.printf("%-14s%s%n", name, value);
    }
}
