package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Rows on their way, from their claim until their workflow has marked them: their leases, and what else becomes of them. */
public final class DispatchedRows {

    // index outbox_leased, bounded by now(): clock_timestamp() may differ for every row, so it would read all leases
    static final String RECLAIM = """
        WITH lost AS (
            SELECT o.id
            FROM tempost.outbox o
            WHERE o.lease_until <= now() AND o.status = 'dispatched'
            ORDER BY o.lease_until
            LIMIT ?
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE tempost.outbox o
        SET lease_until = clock_timestamp() + ? * interval '1 millisecond'
        FROM lost
        WHERE o.id = lost.id
        RETURNING o.id, o.key, o.tenant, o.event_type, o.priority, o.job_id, o.expires_at, o.workflow_id, o.run_id, o.lease_until
        """;

    private static final String SET_LEASE = """
        UPDATE tempost.outbox
        SET lease_until = clock_timestamp() + ? * interval '1 millisecond'
        WHERE id = ? AND key = ? AND status = 'dispatched' AND lease_until = ?
        """;

    private static final String DROP_LEASE = """
        UPDATE tempost.outbox SET lease_until = NULL
        WHERE id = ? AND key = ? AND status = 'dispatched' AND lease_until = ?
        """;

    private static final String RELEASE = """
        UPDATE tempost.outbox
        SET status = 'pending', waits_for = 'time', lease_until = NULL,
            next_attempt_at = clock_timestamp() + ? * interval '1 millisecond',
            last_error = ?, last_error_type = ?, last_error_at = clock_timestamp()
        WHERE id = ? AND key = ? AND status = 'dispatched' AND lease_until = ?
        """;

    // by the ids, then row by row: joined, it reads all that is dispatched for each of a thousand ids. An attempt past
    // its deadline
    // is not under way, and its row is for whoever asks what became of it, however often its lease is renewed
    static final String STAGES = """
        WITH asked AS MATERIALIZED (
            SELECT o.id, o.lease_until, o.status,
                   (SELECT a.deadline > clock_timestamp() FROM tempost.attempt a
                    WHERE a.outbox_id = o.id AND a.finished_at IS NULL) AS sending
            FROM tempost.outbox o WHERE o.id = ANY (?))
        SELECT id, coalesce(sending, false) AS sending FROM asked
        WHERE status = 'dispatched' AND coalesce(sending, lease_until > clock_timestamp())
        """;

    // index outbox_cancelling
    static final String CANCELLING = """
        SELECT o.id, o.key, o.tenant, o.event_type, o.priority, o.job_id, o.expires_at, o.workflow_id, o.run_id, o.lease_until
        FROM tempost.outbox o
        WHERE o.status = 'dispatched' AND o.cancel_requested_at IS NOT NULL AND o.id > ?
        ORDER BY o.id
        LIMIT ?
        """;

    private static final String SETTLE = "SELECT tempost.settle(?, ?, ?, ?, ?, ?, ?, ?)";

    private final Database database;

    public DispatchedRows(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Claims rows whose lease ran out before anybody learnt what became of their first attempt. */
    public List<ClaimedRow> reclaim(int limit, Duration lease) {
        return database.query("claim rows whose lease ran out", RECLAIM, ClaimedRow::of, limit, lease.toMillis());
    }

    /**
     * Gives a claimed row a new lease, for instance a short one after a start whose fate is unknown. As with {@link #leave} and
     * {@link #release}, nothing changes when the row is no longer leased by this claim.
     */
    public void renew(ClaimedRow row, Duration lease) {
        database.update(
                "renew the lease of row " + row.id(), SET_LEASE, lease.toMillis(), row.id(), row.key(), lease(row));
    }

    /** Leaves a row to its running workflow. */
    public void leave(ClaimedRow row) {
        database.update("drop the lease of row " + row.id(), DROP_LEASE, row.id(), row.key(), lease(row));
    }

    /** Puts a row back that surely was not started. */
    public void release(ClaimedRow row, Duration delay, String errorType, String error) {
        database.update(
                "release row " + row.id(),
                RELEASE,
                delay.toMillis(),
                error,
                errorType,
                row.id(),
                row.key(),
                lease(row));
    }

    /**
     * Ends or gives back a row that no workflow will tell any more. What the ledger says was accepted is delivered, whatever
     * is asked for.
     *
     * @param dispatchedAt when it was dispatched, as seen before its workflow was asked for; null for the holder of its lease
     * @return what the row is now; null when nothing was written: it is not dispatched, was dispatched anew meanwhile, or an
     *     attempt may still be under way
     */
    public @Nullable RowStatus settle(ClaimedRow row, @Nullable Instant dispatchedAt, Settlement settlement) {
        String status = database.queryOne(
                "settle row " + row.id(),
                SETTLE,
                result -> result.getString(1),
                row.id(),
                row.key(),
                dispatchedAt == null ? null : dispatchedAt.atOffset(ZoneOffset.UTC),
                settlement.status().column(),
                settlement.runId(),
                settlement.reason(),
                settlement.errorType(),
                settlement.error());
        return status == null ? null : RowStatus.of(status);
    }

    /** How far each of these rows has come. */
    public Map<Long, Stage> stages(long[] ids) {
        Map<Long, Stage> stages = new HashMap<>();
        for (long id : ids) {
            stages.put(id, Stage.ENDED);
        }
        database.query(
                "look how far rows have come",
                STAGES,
                row -> stages.put(row.getLong("id"), row.getBoolean("sending") ? Stage.SENDING : Stage.WAITING),
                (Object) ids);
        return stages;
    }

    /**
     * Rows in flight that somebody wants cancelled, by id.
     *
     * @param after only rows with a greater id
     */
    public List<ClaimedRow> cancelling(long after, int limit) {
        return database.query("look for cancelled rows", CANCELLING, ClaimedRow::of, after, limit);
    }

    private static @Nullable Timestamp lease(ClaimedRow row) {
        return row.leaseUntil() == null ? null : Timestamp.from(row.leaseUntil());
    }
}
