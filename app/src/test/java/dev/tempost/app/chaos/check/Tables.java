package dev.tempost.app.chaos.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads rows and ledger with SQL of its own. */
public final class Tables {

    private Tables() {}

    public static List<Row> rows(Connection connection) throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT id, key, tenant, payload->>'token', status, attempts,"
                                + " shard_key, reason, last_error, last_error_type, workflow_id FROM tempost.outbox ORDER BY id")) {
            while (row.next()) {
                rows.add(new Row(
                        row.getLong(1),
                        row.getObject(2, UUID.class),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getInt(6),
                        row.getString(7),
                        row.getString(8),
                        row.getString(9),
                        row.getString(10),
                        row.getString(11)));
            }
        }
        return rows;
    }

    public static List<Attempt> attempts(Connection connection) throws SQLException {
        List<Attempt> attempts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT outbox_id, attempt, phase, message_id, deadline,"
                        + " started_at, finished_at FROM tempost.attempt ORDER BY outbox_id, attempt")) {
            while (row.next()) {
                attempts.add(new Attempt(
                        row.getLong(1),
                        row.getInt(2),
                        row.getString(3),
                        row.getString(4),
                        Objects.requireNonNull(instant(row, 5)),
                        Objects.requireNonNull(instant(row, 6)),
                        instant(row, 7)));
            }
        }
        return attempts;
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp == null ? null : timestamp.toInstant();
    }
}
