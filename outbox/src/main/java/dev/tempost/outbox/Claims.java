package dev.tempost.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Takes rows that are due, for one replica at a time, by leases that run out on the database's clock. */
public final class Claims {

    // index outbox_due in its order; outbox_shard for rows that have a shard
    private static final String CLAIM = """
        WITH due AS (
            SELECT o.id
            FROM tempost.outbox o
            WHERE o.status = 'pending'
              AND (o.deliver_after IS NULL OR o.deliver_after <= clock_timestamp())
              AND (o.next_attempt_at IS NULL OR o.next_attempt_at <= clock_timestamp())
              AND (o.expires_at IS NULL OR o.expires_at > clock_timestamp())
              AND (o.shard_key IS NULL OR NOT EXISTS (
                  SELECT FROM tempost.outbox earlier
                  WHERE earlier.tenant = o.tenant AND earlier.shard_key = o.shard_key AND earlier.id < o.id
                    AND earlier.shard_key IS NOT NULL
                    AND earlier.status IN ('pending', 'dispatched', 'failed')))
              AND (o.event_type = ANY (?)) = ?
              %s
            ORDER BY o.priority, o.id
            LIMIT ?
            FOR NO KEY UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE tempost.outbox o
            SET status = 'dispatched', dispatched_at = clock_timestamp(),
                lease_until = clock_timestamp() + ? * interval '1 millisecond'
            FROM due
            WHERE o.id = due.id
            RETURNING o.id, o.key, o.tenant, o.event_type, o.job_id, o.expires_at, o.run_id,
                      o.lease_until, o.priority
        )
        SELECT * FROM claimed ORDER BY priority, id
        """;

    static final String CLAIM_ANY = CLAIM.formatted("");
    private static final String CLAIM_TENANT = CLAIM.formatted("AND o.tenant = ?");

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
        RETURNING o.id, o.key, o.tenant, o.event_type, o.job_id, o.expires_at, o.run_id, o.lease_until
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
        SET status = 'pending', lease_until = NULL,
            next_attempt_at = clock_timestamp() + ? * interval '1 millisecond',
            last_error = ?, last_error_type = ?, last_error_at = clock_timestamp()
        WHERE id = ? AND key = ? AND status = 'dispatched' AND lease_until = ?
        """;

    private static final String STILL_LEASED = """
        SELECT id FROM tempost.outbox WHERE id = ANY (?) AND lease_until > clock_timestamp()
        """;

    // index outbox_expiring, bounded by now() as well
    static final String EXPIRE = """
        WITH worthless AS (
            SELECT id FROM tempost.outbox
            WHERE status = 'pending' AND expires_at <= now()
            ORDER BY expires_at
            LIMIT ?
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE tempost.outbox o
        SET status = 'expired', finished_at = clock_timestamp(), reason = 'expires_at passed before it was sent'
        FROM worthless
        WHERE o.id = worthless.id
        """;

    // index outbox_cancelling
    static final String CANCELLING = """
        SELECT o.id, o.key, o.tenant, o.event_type, o.job_id, o.expires_at, o.run_id, o.lease_until
        FROM tempost.outbox o
        WHERE o.status = 'dispatched' AND o.cancel_requested_at IS NOT NULL
        ORDER BY o.cancel_requested_at
        LIMIT ?
        """;

    private static final String SETTLE = "SELECT tempost.settle(?, ?, ?, ?, ?, ?, ?, ?)";

    private final Database database;

    public Claims(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * Claims rows that are due, by priority, then by id, and returns them in that order.
     *
     * @param limit at most so many
     * @param lease how long no other replica may claim them
     * @param eventTypes only rows of these
     * @param tenant only rows of this tenant; null for all
     */
    public List<ClaimedRow> claim(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        String[] names = eventTypes.names().toArray(String[]::new);
        boolean only = eventTypes.only();
        return tenant == null
                ? database.query("claim rows", CLAIM_ANY, Claims::row, names, only, limit, lease.toMillis())
                : database.query("claim rows", CLAIM_TENANT, Claims::row, names, only, tenant, limit, lease.toMillis());
    }

    /** Claims rows whose lease ran out before anybody learnt what became of their first attempt. */
    public List<ClaimedRow> reclaim(int limit, Duration lease) {
        return database.query("claim rows whose lease ran out", RECLAIM, Claims::row, limit, lease.toMillis());
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

    /** Which of these rows still hold a live lease. */
    public List<Long> stillLeased(long[] ids) {
        return database.query("look at leases", STILL_LEASED, row -> row.getLong(1), (Object) ids);
    }

    /** Ends pending rows whose {@code expires_at} has passed; returns how many. */
    public int expire(int limit) {
        return database.update("expire rows", EXPIRE, limit);
    }

    /** Rows in flight that somebody wants cancelled. */
    public List<ClaimedRow> cancelling(int limit) {
        return database.query("look for cancelled rows", CANCELLING, Claims::row, limit);
    }

    private static ClaimedRow row(ResultSet row) throws SQLException {
        return new ClaimedRow(
                row.getLong("id"),
                row.getObject("key", UUID.class),
                row.getString("tenant"),
                row.getString("event_type"),
                row.getString("job_id"),
                Database.instant(row, "expires_at"),
                row.getString("run_id"),
                Database.instant(row, "lease_until"));
    }

    private static @Nullable Timestamp lease(ClaimedRow row) {
        return row.leaseUntil() == null ? null : Timestamp.from(row.leaseUntil());
    }
}
