package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.time.Duration;
import javax.sql.DataSource;

/** Removes rows that have been finished for long enough, and their attempts with them. */
public final class Retention {

    // index outbox_finished, which clock_timestamp() could not use: it may differ for every row. A row that somebody
    // holds is left for another time, so that nobody waits for anybody.
    static final String REMOVE = """
        DELETE FROM tempost.outbox
        WHERE id = ANY (ARRAY (
            SELECT id FROM tempost.outbox
            WHERE status = ? AND finished_at < now() - ? * interval '1 millisecond'
            ORDER BY finished_at
            LIMIT ?
            FOR UPDATE SKIP LOCKED))
        """;

    private final Database database;

    public Retention(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * Removes one batch, in a transaction of its own.
     *
     * @param status a status that no row leaves by itself, that is neither pending nor dispatched
     * @param age how long ago it was finished at least
     * @return how many were removed
     */
    public int remove(RowStatus status, Duration age, int limit) {
        if (status == RowStatus.PENDING || status == RowStatus.DISPATCHED) {
            throw new IllegalArgumentException(status.column() + " rows are not finished and are never removed");
        }
        return database.update("remove " + status.column() + " rows", REMOVE, status.column(), age.toMillis(), limit);
    }
}
