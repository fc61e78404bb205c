package dev.tempost.app.command;

import dev.tempost.outbox.rows.Rows;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Delivers failed rows again. */
@Command(
        name = "retry",
        description =
                "Delivers failed rows again, each with all its attempts once more. Nothing that was accepted is sent again.",
        mixinStandardHelpOptions = true)
final class RetryCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private RowIds ids;

    @Override
    public Integer call() {
        return BatchAction.row(ids.all, "will be delivered again", "is not failed", Rows::retry);
    }
}
