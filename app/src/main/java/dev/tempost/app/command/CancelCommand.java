package dev.tempost.app.command;

import dev.tempost.outbox.rows.Rows;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Cancels rows: pending ones at once, those in flight before their next attempt. */
@Command(
        name = "cancel",
        description = "Cancels rows: pending ones at once, those in flight before their next attempt.",
        mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private RowIds ids;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Reason reason;

    @Override
    public Integer call() {
        return BatchAction.row(
                ids.all,
                "cancelled, or will be before its next attempt",
                "is neither pending nor in flight",
                (Rows rows, long id) -> rows.cancel(id, reason.text));
    }
}
