package dev.tempost.outbox.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Runs one statement per transaction, in one round trip, with a limit of the server's and one of ours: nothing here holds a
 * lock across two round trips, and nothing waits for ever, be it for a lock or for a server that has vanished.
 *
 * <p>What goes before each statement limits it, has its names looked up where nobody else can plant any, and asks who answers.
 * The driver sends both together, up to one Sync, which makes them one transaction: so the settings end with it, and pass a
 * pooler that gives every transaction another server.
 */
public final class Database {

    /** Reads one row of a result. */
    public interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Reads what a statement returned. */
    private interface Answer<T> {
        T read(PreparedStatement executed) throws SQLException;
    }

    private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(10);
    // no statement of ours holds a lock for so long: it is an application's transaction, and nobody waits for that
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(1);
    // later than the server's own limit, whose error says more and keeps the connection
    private static final Duration DEADLINE = Duration.ofSeconds(15);

    private final DataSource dataSource;
    private final String preamble;
    private final int deadlineMillis;

    /** With ten seconds for each statement. */
    public Database(DataSource dataSource) {
        this(dataSource, STATEMENT_TIMEOUT, DEADLINE);
    }

    /**
     * @param statementTimeout after which the server cancels a statement
     * @param deadline after which a connection that brings no answer is given up
     */
    public Database(DataSource dataSource, Duration statementTimeout, Duration deadline) {
        this.dataSource = dataSource;
        // no startup parameters: a pooler refuses those it does not know
        this.preamble = """
            SELECT pg_catalog.pg_backend_pid(), pg_catalog.set_config('statement_timeout', '%d', true),
                   pg_catalog.set_config('lock_timeout', '%d', true),
                   pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
            """.formatted(statementTimeout.toMillis(), LOCK_TIMEOUT.toMillis());
        this.deadlineMillis = Math.toIntExact(deadline.toMillis());
    }

    /**
     * Runs a statement that returns rows.
     *
     * @param what completes the sentence "could not …" when it fails
     * @throws OutboxUnavailableException when PostgreSQL refuses it or does not answer
     */
    public <T> List<T> query(String what, String sql, Reader<T> reader, @Nullable Object... parameters) {
        return run(
                what,
                sql,
                executed -> {
                    try (ResultSet rows = executed.getResultSet()) {
                        List<T> results = new ArrayList<>();
                        while (rows.next()) {
                            results.add(reader.read(rows));
                        }
                        return results;
                    }
                },
                parameters);
    }

    /** Runs a statement that returns at most one row; null when it returned none. */
    public <T> @Nullable T queryOne(String what, String sql, Reader<T> reader, @Nullable Object... parameters) {
        List<T> results = query(what, sql, reader, parameters);
        return results.isEmpty() ? null : results.getFirst();
    }

    /** Runs a statement that returns no rows, and returns how many it touched. */
    public int update(String what, String sql, @Nullable Object... parameters) {
        return run(what, sql, PreparedStatement::getUpdateCount, parameters);
    }

    private <T> T run(String what, String sql, Answer<T> answer, @Nullable Object... parameters) {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(preamble + sql)) {
            // by our own clock: a request to cancel would need another connection, to a server that does not answer
            connection.setNetworkTimeout(Runnable::run, deadlineMillis);
            bind(statement, parameters);
            statement.execute();
            try (ResultSet preambles = statement.getResultSet()) {
                preambles.next();
                nameNothingBehindAPooler(connection, preambles.getInt(1));
            }
            statement.getMoreResults();
            return answer.read(statement);
        } catch (SQLException e) {
            throw new OutboxUnavailableException(what, e);
        }
    }

    /**
     * A pooler that gives each transaction another server mixes up the names that drivers give their statements there (42P05,
     * 26000). It shows by answering the handshake itself. The driver names a statement when a connection runs it for the third
     * time, so after the first answer it is early enough to stop it.
     */
    private static void nameNothingBehindAPooler(Connection connection, int serverPid) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        if (postgres.getBackendPID() != serverPid && postgres.getPrepareThreshold() != 0) {
            postgres.setPrepareThreshold(0);
        }
    }

    /** A moment from a column; null where it is NULL. */
    public static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp timestamp = row.getTimestamp(column);
        return timestamp == null ? null : timestamp.toInstant();
    }

    private static void bind(PreparedStatement statement, @Nullable Object... parameters) throws SQLException {
        Connection connection = statement.getConnection();
        for (int i = 0; i < parameters.length; i++) {
            switch (parameters[i]) {
                case long[] ids ->
                    statement.setArray(
                            i + 1,
                            connection.createArrayOf(
                                    "bigint", LongStream.of(ids).boxed().toArray()));
                case String[] names -> statement.setArray(i + 1, connection.createArrayOf("text", names));
                case null, default -> statement.setObject(i + 1, parameters[i]);
            }
        }
    }
}
