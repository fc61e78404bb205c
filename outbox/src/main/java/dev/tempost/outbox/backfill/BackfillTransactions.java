package dev.tempost.outbox.backfill;

import dev.tempost.outbox.database.OutboxUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/** The transactions of one backfill, and what their failures mean: try again later, or mend something first. */
final class BackfillTransactions {

    /** Works in a transaction of its own. */
    interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration DEADLINE = STATEMENT_TIMEOUT.plusSeconds(10);
    // connection, rollback, resources, object in use, operator, system: later it may work
    private static final Set<String> PASSING = Set.of("08", "40", "53", "55", "57", "58");

    private final DataSource dataSource;
    private final Backfill backfill;

    BackfillTransactions(DataSource dataSource, Backfill backfill) {
        this.dataSource = dataSource;
        this.backfill = backfill;
    }

    /** Commits what the work did, or rolls it back when it throws. */
    <T> T run(Work<T> work) {
        try {
            return attempt(work);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /** The same, for a caller that looks at the failure before it is translated. */
    <T> T attempt(Work<T> work) throws SQLException {
        try (Connection connection = begin()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL statement_timeout = " + STATEMENT_TIMEOUT.toMillis());
                T result = work.in(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            }
        }
    }

    /** A connection with a transaction begun, and fit for a transaction pooler, where names of statements collide. */
    Connection begin() throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.unwrap(PGConnection.class).setPrepareThreshold(0);
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(DEADLINE.toMillis()));
        connection.setAutoCommit(false);
        return connection;
    }

    /** What a caller outside is told. */
    RuntimeException failure(SQLException e) {
        String state = e.getSQLState();
        return state == null || PASSING.contains(state.substring(0, 2))
                ? new OutboxUnavailableException("go on with backfill " + backfill, e)
                : new BackfillRefusedException(backfill, BackfillFault.text(null, e));
    }
}
