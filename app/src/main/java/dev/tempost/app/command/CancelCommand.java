package dev.tempost.app.command;

import dev.tempost.outbox.Rows;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Cancels rows: pending ones at once, those in flight before their next attempt. */
@Command(
        name = "cancel",
        description = "Cancels rows: pending ones at once, those in flight before their next attempt.",
        mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "The ids of the rows.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Long> ids;

    @Option(names = "--reason", required = true, description = "Why, for the row. No personal data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String reason;

    @Override
    public Integer call() {
        return OnEach.row(
                ids,
                "cancelled, or will be before its next attempt",
                "is neither pending nor in flight",
                (Rows rows, long id) -> rows.cancel(id, reason));
    }
}
