package dev.tempost.outbox.backfill;

import dev.tempost.outbox.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A backfill's row in {@code tempost.backfill}: that it began, how far it is, and that it has ended. */
final class BackfillRegister {

    private static final String BEGIN = """
        INSERT INTO tempost.backfill (event_type, version, query, key_column) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """;

    private static final String BEGUN = """
        SELECT query, key_column, last_key, enqueued, finished_at,
               (SELECT max(version) FROM tempost.backfill WHERE event_type = b.event_type) AS newest
        FROM tempost.backfill b WHERE event_type = ? AND version = ?
        """;

    private static final String ADVANCE = """
        UPDATE tempost.backfill
        SET last_key = coalesce(?, last_key), enqueued = enqueued + ?, known = known + ?, advanced_at = clock_timestamp(),
            finished_at = CASE WHEN ? THEN clock_timestamp() END
        WHERE event_type = ? AND version = ?
        RETURNING enqueued, known, last_key, finished_at
        """;

    private final Backfill backfill;

    BackfillRegister(Backfill backfill) {
        this.backfill = backfill;
    }

    /** Begins it, unless that has been done, and returns the key after which it goes on. */
    @Nullable
    String begin(Connection connection, boolean otherQuery) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BEGIN)) {
            statement.setString(1, backfill.eventType());
            statement.setInt(2, backfill.version());
            statement.setString(3, backfill.query());
            statement.setString(4, backfill.key());
            statement.executeUpdate();
        }
        String lastKey;
        try (PreparedStatement statement = prepared(connection, BEGUN);
                ResultSet row = only(statement)) {
            check(row, otherQuery);
            lastKey = row.getString("last_key");
        }
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE tempost.backfill SET query = ? WHERE event_type = ? AND version = ?")) {
            statement.setString(1, backfill.query());
            statement.setString(2, backfill.eventType());
            statement.setInt(3, backfill.version());
            statement.executeUpdate();
        }
        return lastKey;
    }

    private void check(ResultSet row, boolean otherQuery) throws SQLException {
        Instant finished = Database.instant(row, "finished_at");
        if (finished != null) {
            throw refused("it was finished at " + finished + " with " + row.getLong("enqueued")
                    + " rows, and runs once: take a higher version to enqueue them again");
        }
        if (row.getInt("newest") > backfill.version()) {
            throw refused("version " + row.getInt("newest") + " has begun and takes its place: run that");
        }
        if (!row.getString("key_column").equals(backfill.key())) {
            throw refused("it began with --key " + row.getString("key_column") + ", by which it goes on: say the same");
        }
        if (!otherQuery && !row.getString("query").equals(backfill.query())) {
            throw refused("it began with another query, which tempost.backfill holds: take that one; or say"
                    + " --changed-query to go on with this one after " + backfill.key() + " = "
                    + row.getString("last_key") + "; or take a higher version");
        }
    }

    /** The key of the last row taken, null before the first; holds the backfill's row until the transaction ends. */
    @Nullable
    String lastKey(Connection connection) throws SQLException {
        try (PreparedStatement statement = prepared(
                        connection,
                        "SELECT last_key FROM tempost.backfill WHERE event_type = ? AND version = ? FOR UPDATE");
                ResultSet row = only(statement)) {
            return row.getString(1);
        }
    }

    BackfillProgress progress(Connection connection) throws SQLException {
        try (PreparedStatement statement = prepared(
                        connection,
                        "SELECT enqueued, known, last_key, finished_at FROM tempost.backfill"
                                + " WHERE event_type = ? AND version = ?");
                ResultSet row = only(statement)) {
            return progress(row);
        }
    }

    BackfillProgress advance(
            Connection connection, @Nullable String lastKey, long enqueued, long known, boolean finished)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADVANCE)) {
            statement.setString(1, lastKey);
            statement.setLong(2, enqueued);
            statement.setLong(3, known);
            statement.setBoolean(4, finished);
            statement.setString(5, backfill.eventType());
            statement.setInt(6, backfill.version());
            try (ResultSet row = only(statement)) {
                return progress(row);
            }
        }
    }

    private static BackfillProgress progress(ResultSet row) throws SQLException {
        return new BackfillProgress(
                row.getLong("enqueued"),
                row.getLong("known"),
                row.getString("last_key"),
                row.getTimestamp("finished_at") != null);
    }

    private PreparedStatement prepared(Connection connection, String sql) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setString(1, backfill.eventType());
        statement.setInt(2, backfill.version());
        return statement;
    }

    private ResultSet only(PreparedStatement statement) throws SQLException {
        ResultSet row = statement.executeQuery();
        if (!row.next()) {
            throw refused("its row in tempost.backfill is gone: begin it anew");
        }
        return row;
    }

    private BackfillRefusedException refused(String whatAndRemedy) {
        return new BackfillRefusedException(backfill, whatAndRemedy);
    }
}
