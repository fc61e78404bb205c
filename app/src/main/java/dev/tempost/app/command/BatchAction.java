package dev.tempost.app.command;

import dev.tempost.outbox.rows.Rows;
import java.util.List;

/** Does the same to several rows, and says of each what came of it. */
final class BatchAction {

    interface Action {
        boolean on(Rows rows, long id);
    }

    private BatchAction() {}

    /** Returns {@link ExitCode#DONE} when it was done to every row. */
    static int row(List<Long> ids, String done, String otherwise, Action action) {
        return Outbox.with(dataSource -> {
            Rows rows = new Rows(dataSource, Operator.name());
            int exit = ExitCode.DONE;
            for (long id : ids) {
                if (action.on(rows, id)) {
                    System.out.println("row " + id + ": " + done);
                } else {
                    Rows.Row row = rows.find(id);
                    System.err.println("row " + id + ": "
                            + (row == null
                                    ? "there is none"
                                    : otherwise + ", it is " + row.status().column()));
                    exit = ExitCode.REFUSED;
                }
            }
            return exit;
        });
    }
}
