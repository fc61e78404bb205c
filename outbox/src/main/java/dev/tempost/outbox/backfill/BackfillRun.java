package dev.tempost.outbox.backfill;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.database.OutboxUnavailableException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * One run of a backfill, step by step. A step is one transaction: the rows it enqueues, and the key of the last of them. So it
 * may be killed at any moment, and the next run goes on after the last step that committed.
 *
 * <p>While open it holds a lock in a transaction of its own, which ends with this process: no second run takes part.
 */
public final class BackfillRun implements AutoCloseable {

    /**
     * How far it has come, over all its runs.
     *
     * @param enqueued rows of the query that became rows of the outbox
     * @param known rows that did not, because their dedup_key was in use
     * @param lastKey the key of the last row taken; null before the first
     * @param finished whether the query has no further row
     */
    public record Progress(
            long enqueued, long known, @Nullable String lastKey, boolean finished) {}

    /** Works in a transaction of its own. */
    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private static final Duration STATEMENT_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration DEADLINE = STATEMENT_TIMEOUT.plusSeconds(10);
    // connection, rollback, resources, object in use, operator, system: later it may work
    private static final Set<String> PASSING = Set.of("08", "40", "53", "55", "57", "58");

    // index outbox_open
    private static final String DUE = """
        SELECT count(*) FROM (
            SELECT FROM tempost.outbox
            WHERE status = 'pending' AND event_type = ? AND (deliver_after IS NULL OR deliver_after <= now())
            LIMIT ?) due
        """;

    // enqueue answers with an older row's id where it inserts none
    private static final String INSERTED =
            "SELECT count(*) FROM tempost.outbox WHERE id = ANY (?) AND xmin = pg_current_xact_id()::xid";

    private final DataSource dataSource;
    private final Database database;
    private final Backfill backfill;
    private final Connection guard;
    private final BackfillRegister register;
    private final BackfillQuery query;

    private BackfillRun(
            DataSource dataSource,
            Backfill backfill,
            Connection guard,
            BackfillRegister register,
            BackfillQuery query) {
        this.dataSource = dataSource;
        this.database = new Database(dataSource);
        this.backfill = backfill;
        this.guard = guard;
        this.register = register;
        this.query = query;
    }

    /**
     * Begins a backfill, or goes on with it.
     *
     * @param dataSource two connections at a time
     * @param otherQuery whether it may go on with another query than it began with
     * @throws BackfillRefusedException when it is finished, runs already, is older than the newest version, began with another
     *     query, or its query does not fit
     * @throws OutboxUnavailableException when PostgreSQL cannot do it now
     */
    public static BackfillRun open(DataSource dataSource, Backfill backfill, boolean otherQuery) {
        Connection guard = null;
        boolean opened = false;
        try {
            guard = connection(dataSource);
            BackfillRegister register = new BackfillRegister(backfill);
            register.lock(guard);
            BackfillQuery query = transaction(dataSource, connection -> {
                BackfillQuery looked = BackfillQuery.of(connection, backfill);
                // the planner checks what the first page would find out
                looked.estimate(connection, register.begin(connection, otherQuery));
                return looked;
            });
            opened = true;
            return new BackfillRun(dataSource, backfill, guard, register, query);
        } catch (SQLException e) {
            throw failure(backfill, e);
        } finally {
            if (!opened) {
                release(guard);
            }
        }
    }

    /** How many rows of the query are left, as PostgreSQL's planner estimates. */
    public long estimateLeft() {
        return attempt(connection -> query.estimate(connection, register.lastKey(connection)));
    }

    /** How far it has come. */
    public Progress progress() {
        return attempt(register::progress);
    }

    /** How many rows of the event type are pending and due, whoever enqueued them; counts no further than the bound. */
    public long due(int bound) {
        Long due = database.queryOne("count due rows", DUE, row -> row.getLong(1), backfill.eventType(), bound);
        return due == null ? 0 : due;
    }

    /**
     * Enqueues the next rows.
     *
     * @param limit at most so many
     * @return how far it has come now
     * @throws BackfillRefusedException at a row that cannot be enqueued; those before it have been
     * @throws OutboxUnavailableException when PostgreSQL cannot do it now: try again
     */
    public Progress step(int limit) {
        try {
            return transaction(dataSource, connection -> take(connection, limit));
        } catch (SQLException e) {
            if (!BackfillFault.isOfARow(e)) {
                throw failure(backfill, e);
            }
            throw attempt(connection -> refusal(connection, limit, e));
        }
    }

    private Progress take(Connection connection, int limit) throws SQLException {
        BackfillQuery.Page page = query.enqueue(connection, register.lastKey(connection), limit);
        boolean finished = page.ids().size() < limit;
        if (finished) {
            query.requireKeys(connection);
        }
        long taken = page.ids().size();
        long inserted = query.deduplicated() ? inserted(connection, page) : taken;
        return register.advance(connection, page.lastKey(), inserted, taken - inserted, finished);
    }

    private static long inserted(Connection connection, BackfillQuery.Page page) throws SQLException {
        Array ids = connection.createArrayOf("bigint", page.ids().toArray());
        try (PreparedStatement statement = connection.prepareStatement(INSERTED)) {
            statement.setArray(1, ids);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** Finds the first row that fails, and enqueues those before it. */
    private BackfillRefusedException refusal(Connection connection, int limit, SQLException failure)
            throws SQLException {
        String after = register.lastKey(connection);
        int good = 0;
        int bad = limit;
        SQLException why = failure;
        while (bad - good > 1) {
            int middle = (good + bad) >>> 1;
            var before = connection.setSavepoint();
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
        String key = query.keyAt(connection, after, bad);
        if (good > 0) {
            take(connection, good);
        }
        String column = BackfillFault.column(why);
        if (column == null && key != null) {
            column = query.unreadable(connection, key);
        }
        return new BackfillRefusedException(
                backfill, "the row with " + backfill.key() + " = " + key + ": " + BackfillFault.text(column, why));
    }

    private <T> T attempt(Work<T> work) {
        try {
            return transaction(dataSource, work);
        } catch (SQLException e) {
            throw failure(backfill, e);
        }
    }

    private static <T> T transaction(DataSource dataSource, Work<T> work) throws SQLException {
        try (Connection connection = connection(dataSource)) {
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

    /** With a transaction begun, and fit for a transaction pooler, where names of statements collide. */
    private static Connection connection(DataSource dataSource) throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.unwrap(PGConnection.class).setPrepareThreshold(0);
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(DEADLINE.toMillis()));
        connection.setAutoCommit(false);
        return connection;
    }

    private static RuntimeException failure(Backfill backfill, SQLException e) {
        String state = e.getSQLState();
        return state == null || PASSING.contains(state.substring(0, 2))
                ? new OutboxUnavailableException("go on with backfill " + backfill, e)
                : new BackfillRefusedException(backfill, BackfillFault.text(null, e));
    }

    private static void release(@Nullable Connection guard) {
        if (guard != null) {
            try (guard) {
                guard.rollback();
            } catch (SQLException e) {
                // gone, and the lock with it
            }
        }
    }

    /** Lets another run go on. */
    @Override
    public void close() {
        release(guard);
    }
}
