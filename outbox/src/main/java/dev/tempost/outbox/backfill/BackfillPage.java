package dev.tempost.outbox.backfill;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a transaction has enqueued.
 *
 * @param ids theirs, or those of older rows with the same dedup_key
 * @param lastKey the key of the last of them; null when there are none
 */
record BackfillPage(List<Long> ids, @Nullable String lastKey) {

    // enqueue answers with an older row's id where it inserts none
    private static final String INSERTED =
            "SELECT count(*) FROM tempost.outbox WHERE id = ANY (?) AND xmin = pg_current_xact_id()::xid";

    /** How many of them are new, which only this transaction can tell. */
    long inserted(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INSERTED)) {
            statement.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
