package dev.tempost.outbox;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Takes rows that are due, for one replica at a time, by leases that run out on the database's clock. */
public final class Claims {

    /** The priority before which no other goes. */
    public static final int URGENT = 1;

    private static final int LEAST_URGENT = 5;

    private static final String CLAIM = """
        SELECT id, key, tenant, event_type, priority, job_id, expires_at, run_id, lease_until
        FROM tempost.claim(?, ?, ? * interval '1 millisecond', ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb, ?)
        """;

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
        RETURNING o.id, o.key, o.tenant, o.event_type, o.priority, o.job_id, o.expires_at, o.run_id, o.lease_until
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

    private static final String STILL_LEASED = """
        SELECT id FROM tempost.outbox WHERE id = ANY (?) AND lease_until > clock_timestamp()
        """;

    private static final String STAGES = """
        SELECT o.id, a.outbox_id IS NOT NULL AS sending
        FROM tempost.outbox o
        LEFT JOIN tempost.attempt a ON a.outbox_id = o.id AND a.finished_at IS NULL
        WHERE o.id = ANY (?) AND o.status = 'dispatched'
          AND (o.lease_until > clock_timestamp() OR a.outbox_id IS NOT NULL)
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
        SET status = 'expired', waits_for = NULL, finished_at = clock_timestamp(),
            reason = 'expires_at passed before it was sent'
        FROM worthless
        WHERE o.id = worthless.id
        """;

    // index outbox_cancelling
    static final String CANCELLING = """
        SELECT o.id, o.key, o.tenant, o.event_type, o.priority, o.job_id, o.expires_at, o.run_id, o.lease_until
        FROM tempost.outbox o
        WHERE o.status = 'dispatched' AND o.cancel_requested_at IS NOT NULL
        ORDER BY o.cancel_requested_at
        LIMIT ?
        """;

    private static final String SETTLE = "SELECT tempost.settle(?, ?, ?, ?, ?, ?, ?, ?)";

    private final Database database;
    private final ClaimRules rules;
    private volatile String lastTenant = "";

    /** Claims by the default rules. */
    public Claims(DataSource dataSource) {
        this(dataSource, ClaimRules.defaults());
    }

    public Claims(DataSource dataSource, ClaimRules rules) {
        this.database = new Database(dataSource);
        this.rules = rules;
    }

    /**
     * What a claim took.
     *
     * @param rows by priority, then tenant by tenant, then by id
     * @param more whether it stopped early, with more to look at than there was patience for
     */
    public record Claimed(List<ClaimedRow> rows, boolean more) {}

    /**
     * Claims rows that are due: by priority, then fairly between tenants, then by id.
     *
     * @param limit at most so many
     * @param lease how long no other replica may claim them
     * @param eventTypes only rows of these
     * @param tenant only rows of this tenant; null for all
     */
    public Claimed claim(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        Claimed claimed = claim(limit, LEAST_URGENT, lease, eventTypes, tenant);
        if (!claimed.rows().isEmpty()) {
            lastTenant = claimed.rows().getLast().tenant();
        }
        return claimed;
    }

    /** The same with urgent rows only. It is no tenant's turn. */
    public Claimed claimUrgent(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        return claim(limit, URGENT, lease, eventTypes, tenant);
    }

    private Claimed claim(int limit, int lowest, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        List<Optional<ClaimedRow>> taken = database.query(
                "claim rows",
                CLAIM,
                row -> row.getObject("id") == null ? Optional.empty() : Optional.of(row(row)),
                limit,
                lowest,
                lease.toMillis(),
                eventTypes.names().toArray(String[]::new),
                eventTypes.only(),
                tenant,
                rules.skipping().names().toArray(String[]::new),
                rules.skipping().only(),
                rules.weights(),
                rules.limits(),
                lastTenant);
        List<ClaimedRow> rows = taken.stream().flatMap(Optional::stream).toList();
        return new Claimed(rows, rows.size() < taken.size());
    }

    /** Passes on the turns of shards that no claim and no outcome could pass on; returns how many. Normally none. */
    public int mendTurns() {
        Integer mended = database.queryOne("look at turns", "SELECT tempost.mend_turns()", row -> row.getInt(1));
        return mended == null ? 0 : mended;
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

    /** How far a claimed row has come with its first attempt. */
    public enum Stage {
        /** Leased, and no attempt is open: it waits for Temporal, or for a place to send. */
        WAITING,
        /** An attempt is open. */
        SENDING,
        /** Neither: its first attempt is over, or there is no such row. */
        ENDED
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

    static ClaimedRow row(ResultSet row) throws SQLException {
        return new ClaimedRow(
                row.getLong("id"),
                row.getObject("key", UUID.class),
                row.getString("tenant"),
                row.getString("event_type"),
                row.getInt("priority"),
                row.getString("job_id"),
                Database.instant(row, "expires_at"),
                row.getString("run_id"),
                Database.instant(row, "lease_until"));
    }

    private static @Nullable Timestamp lease(ClaimedRow row) {
        return row.leaseUntil() == null ? null : Timestamp.from(row.leaseUntil());
    }
}
