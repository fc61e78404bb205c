package dev.tempost.app.command;

import dev.tempost.outbox.Rows;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Closes failed rows for good, with a reason. */
@Command(name = "dismiss", description = "Closes failed rows for good, with a reason.", mixinStandardHelpOptions = true)
final class DismissCommand implements Callable<Integer> {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "The ids of the rows.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Long> ids;

    @Option(names = "--reason", required = true, description = "Why, for the row. No personal data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String reason;

    @Override
    public Integer call() {
        return OnEach.row(ids, "dismissed", "is not failed", (Rows rows, long id) -> rows.dismiss(id, reason));
    }
}
