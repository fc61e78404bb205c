package dev.tempost.outbox.backfill;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Keeps a backfill to one run: held in a transaction of its own, it ends with the process at the latest. */
final class BackfillLock implements AutoCloseable {

    private static final String LOCK = """
        SELECT pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true),
               pg_catalog.pg_try_advisory_xact_lock(
                   pg_catalog.hashtextextended(pg_catalog.concat('tempost:backfill:', ?::pg_catalog.text), 0::pg_catalog.int8))
                   AS held
        """;

    private final Connection holder;

    private BackfillLock(Connection holder) {
        this.holder = holder;
    }

    /** @throws BackfillRefusedException when another run holds it */
    static BackfillLock take(BackfillTransactions transactions, Backfill backfill) {
        try {
            BackfillLock lock = new BackfillLock(transactions.begin());
            if (!lock.taken(backfill)) {
                throw new BackfillRefusedException(
                        backfill, "another run of it is under way: wait for its end, or stop it first");
            }
            return lock;
        } catch (SQLException e) {
            throw transactions.failure(e);
        }
    }

    private boolean taken(Backfill backfill) throws SQLException {
        boolean held = false;
        try (PreparedStatement statement = holder.prepareStatement(LOCK)) {
            statement.setString(1, backfill.eventType() + ":" + backfill.version());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                held = row.getBoolean("held");
                return held;
            }
        } finally {
            if (!held) {
                close();
            }
        }
    }

    /** Lets another run go on. */
    @Override
    public void close() {
        try (holder) {
            holder.rollback();
        } catch (SQLException e) {
            // gone, and the lock with it
        }
    }
}
