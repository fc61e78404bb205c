package dev.tempost.outbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Runs one statement per transaction, and cancels it when it takes too long: nothing here holds a lock across two round trips. */
final class Database {

    /** Reads one row of a result. */
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private static final int PATIENCE_SECONDS = 10;

    private final DataSource dataSource;

    Database(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /**
     * Runs a statement that returns rows.
     *
     * @param what completes the sentence "could not …" when it fails
     */
    <T> List<T> query(String what, String sql, Reader<T> reader, @Nullable Object... parameters) {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> results = new ArrayList<>();
                while (rows.next()) {
                    results.add(reader.read(rows));
                }
                return results;
            }
        } catch (SQLException e) {
            throw new OutboxUnavailableException(what, e);
        }
    }

    /** Runs a statement that returns at most one row; null when it returned none. */
    <T> @Nullable T queryOne(String what, String sql, Reader<T> reader, @Nullable Object... parameters) {
        List<T> results = query(what, sql, reader, parameters);
        return results.isEmpty() ? null : results.getFirst();
    }

    /** Runs a statement that returns no rows, and returns how many it touched. */
    int update(String what, String sql, @Nullable Object... parameters) {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(statement, parameters);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new OutboxUnavailableException(what, e);
        }
    }

    static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp == null ? null : timestamp.toInstant();
    }

    private static void bind(PreparedStatement statement, @Nullable Object... parameters) throws SQLException {
        // by a request of the driver's: a statement_timeout would take a round trip more, and not pass a pooler
        statement.setQueryTimeout(PATIENCE_SECONDS);
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] instanceof long[] ids) {
                Object[] boxed = new Object[ids.length];
                for (int j = 0; j < ids.length; j++) {
                    boxed[j] = ids[j];
                }
                statement.setArray(i + 1, statement.getConnection().createArrayOf("bigint", boxed));
            } else if (parameters[i] instanceof String[] names) {
                statement.setArray(i + 1, statement.getConnection().createArrayOf("text", names));
            } else {
                statement.setObject(i + 1, parameters[i]);
            }
        }
    }
}
