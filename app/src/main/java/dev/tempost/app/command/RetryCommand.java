package dev.tempost.app.command;

import dev.tempost.outbox.Rows;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Delivers failed rows again. */
@Command(
        name = "retry",
        description = "Delivers failed rows again, each once more with all its attempts. Nothing that was accepted is"
                + " re-sent.",
        mixinStandardHelpOptions = true)
final class RetryCommand implements Callable<Integer> {

    @Parameters(arity = "1..*", paramLabel = "ID", description = "The ids of the rows.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Long> ids;

    @Override
    public Integer call() {
        return OnEach.row(ids, "will be delivered again", "is not failed", Rows::retry);
    }
}
