package dev.tempost.outbox.backfill;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.database.OutboxUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * One run of a backfill, step by step. A step is one transaction: the rows it enqueues, and the key of the last of them. So it
 * may be killed at any moment, and the next run goes on after the last step that committed.
 *
 * <p>While open it keeps a second run out.
 */
public final class BackfillRun implements AutoCloseable {

    // index outbox_open
    private static final String DUE = """
        SELECT count(*) FROM (
            SELECT FROM tempost.outbox
            WHERE status = 'pending' AND event_type = ? AND (deliver_after IS NULL OR deliver_after <= now())
            LIMIT ?) due
        """;

    private final Database database;
    private final Backfill backfill;
    private final BackfillTransactions transactions;
    private final BackfillLock lock;
    private final BackfillRegister register;
    private final BackfillQuery query;

    private BackfillRun(
            DataSource dataSource,
            Backfill backfill,
            BackfillTransactions transactions,
            BackfillLock lock,
            BackfillRegister register,
            BackfillQuery query) {
        this.database = new Database(dataSource);
        this.backfill = backfill;
        this.transactions = transactions;
        this.lock = lock;
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
        BackfillTransactions transactions = new BackfillTransactions(dataSource, backfill);
        BackfillLock lock = BackfillLock.take(transactions, backfill);
        boolean opened = false;
        try {
            BackfillRegister register = new BackfillRegister(backfill);
            BackfillQuery query = transactions.run(connection -> {
                BackfillQuery looked = BackfillQuery.of(connection, backfill);
                // the planner checks what the first page would find out
                looked.estimate(connection, register.begin(connection, otherQuery));
                return looked;
            });
            opened = true;
            return new BackfillRun(dataSource, backfill, transactions, lock, register, query);
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    /** How many rows of the query are left, as PostgreSQL's planner estimates. */
    public long estimateLeft() {
        return transactions.run(connection -> query.estimate(connection, register.lastKey(connection)));
    }

    /** How far it has come. */
    public BackfillProgress progress() {
        return transactions.run(register::progress);
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
    public BackfillProgress step(int limit) {
        try {
            return transactions.attempt(connection -> take(connection, limit));
        } catch (SQLException e) {
            if (!BackfillFault.isOfARow(e)) {
                throw transactions.failure(e);
            }
            throw transactions.run(connection -> refusal(connection, limit, e));
        }
    }

    private BackfillProgress take(Connection connection, int limit) throws SQLException {
        BackfillPage page = query.enqueue(connection, register.lastKey(connection), limit);
        boolean finished = page.ids().size() < limit;
        if (finished) {
            query.requireKeys(connection);
        }
        long taken = page.ids().size();
        long inserted = query.deduplicated() ? page.inserted(connection) : taken;
        return register.advance(connection, page.lastKey(), inserted, taken - inserted, finished);
    }

    /** Names the first row that fails, after enqueueing those before it. */
    private BackfillRefusedException refusal(Connection connection, int limit, SQLException failure)
            throws SQLException {
        String after = register.lastKey(connection);
        FirstBadRow bad = FirstBadRow.find(connection, query, after, limit, failure);
        String key = query.keyAt(connection, after, bad.position());
        if (bad.position() > 1) {
            take(connection, bad.position() - 1);
        }
        String column = BackfillFault.column(bad.why());
        if (column == null && key != null) {
            column = query.unreadable(connection, key);
        }
        return new BackfillRefusedException(
                backfill,
                "the row with " + backfill.key() + " = " + key + ": " + BackfillFault.text(column, bad.why()));
    }

    /** Lets another run go on. */
    @Override
    public void close() {
        lock.close();
    }
}
