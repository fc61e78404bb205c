package dev.tempost.app.command;

import dev.tempost.outbox.rows.Rows;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Closes failed rows for good, with a reason. */
@Command(name = "dismiss", description = "Closes failed rows for good, with a reason.", mixinStandardHelpOptions = true)
final class DismissCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private RowIds ids;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Reason reason;

    @Override
    public Integer call() {
        return BatchAction.row(
                ids.all, "dismissed", "is not failed", (Rows rows, long id) -> rows.dismiss(id, reason.text));
    }
}
