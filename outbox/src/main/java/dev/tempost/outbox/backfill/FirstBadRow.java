package dev.tempost.outbox.backfill;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/**
 * The first row of a page that cannot be enqueued.
 *
 * @param position from 1: so many less one can be
 * @param why what PostgreSQL said of it
 */
record FirstBadRow(int position, SQLException why) {

    /**
     * Finds it by halves, and writes nothing.
     *
     * @param after the key of the last row before the page; null for the first page
     * @param limit how many rows the page has at most
     * @param failure of the whole page
     */
    static FirstBadRow find(
            Connection connection, BackfillQuery query, @Nullable String after, int limit, SQLException failure)
            throws SQLException {
        int good = 0;
        int bad = limit;
        SQLException why = failure;
        while (bad - good > 1) {
            int middle = (good + bad) >>> 1;
            Savepoint before = connection.setSavepoint();
            try {
                query.enqueue(connection, after, middle);
                good = middle;
            } catch (SQLException e) {
                if (!BackfillFault.isOfARow(e)) {
                    throw e;
                }
                bad = middle;
                why = e;
            }
            connection.rollback(before);
        }
        return new FirstBadRow(bad, why);
    }
}
