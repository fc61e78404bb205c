package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.rows.Rows;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The dead letters. */
@Command(
        name = "failed",
        description = "Lists failed rows, newest first, with the cause of each.",
        mixinStandardHelpOptions = true)
final class FailedCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many rows. Defaults to ${DEFAULT-VALUE}.",
            defaultValue = "50")
    private int limit;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Output output;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            List<Rows.Row> failed = new Rows(dataSource).failed(tenant.name, limit);
            output.print(
                    Output.object(
                            "failed", failed.stream().map(ShowCommand::json).toList()),
                    () -> print(failed));
            return ExitCode.DONE;
        });
    }

    private static void print(List<Rows.Row> failed) {
        failed.forEach(row -> Formats.printf(
                "%-8d %-12s %-20s %s  %d attempts  %s: %s%n",
                row.id(),
                row.tenant(),
                row.eventType(),
                Formats.time(row.finishedAt()),
                row.attempts(),
                row.lastErrorType(),
                row.lastError()));
        if (failed.isEmpty()) {
            System.out.println("no failed rows");
        }
    }
}
