package dev.tempost.outbox;

import dev.tempost.outbox.FairShares.Offer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Takes rows that are due, for one replica at a time, by leases that run out on the database's clock. */
public final class Claims {

    /** The priority before which no other goes. */
    public static final int URGENT = 1;

    private static final int LEAST_URGENT = 5;

    // lanes a look lists of each priority, and looks a claim takes where it may not take what they list
    private static final int LANES = 64;
    private static final int LOOKS = 5;
    // shards that a call looks at
    private static final int SHARDS = 100;

    private static final String LOOK = """
        SELECT priority, tenant, event_type, first, paused FROM tempost.look_for_work(?, ?, ?, ?, ?)
        """;

    private static final String IN_FLIGHT = """
        SELECT tenant, event_type, count(*) AS rows FROM tempost.in_flight GROUP BY tenant, event_type
        """;

    private static final String CLAIM = """
        SELECT id, key, tenant, event_type, priority, job_id, expires_at, run_id, lease_until
        FROM tempost.claim(?, ? * interval '1 millisecond', ?::jsonb)
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

    private static final String EXPIRE = "SELECT tempost.expire(?)";

    private static final String MEND_TURNS = "SELECT mended, tenant, shard_key FROM tempost.mend_turns(?, ?, ?)";

    // index outbox_cancelling
    static final String CANCELLING = """
        SELECT o.id, o.key, o.tenant, o.event_type, o.priority, o.job_id, o.expires_at, o.run_id, o.lease_until
        FROM tempost.outbox o
        WHERE o.status = 'dispatched' AND o.cancel_requested_at IS NOT NULL AND o.id > ?
        ORDER BY o.id
        LIMIT ?
        """;

    private static final Claimed NOTHING = new Claimed(List.of(), false);

    private static final String SETTLE = "SELECT tempost.settle(?, ?, ?, ?, ?, ?, ?, ?)";

    private final Database database;
    private final ClaimRules rules;
    private final Rings rings = new Rings(LEAST_URGENT);
    private String mendedTenant = "";
    private String mendedShard = "";

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
     * @param rows by priority, then lane by lane, then by id
     * @param more whether there may be more to take at once
     */
    public record Claimed(List<ClaimedRow> rows, boolean more) {}

    /**
     * Claims rows that are due: by priority, then fairly between the event types of tenants, then by id. One thread at a time.
     *
     * @param limit at most so many
     * @param lease how long no other replica may claim them
     * @param eventTypes only rows of these
     * @param tenant only rows of this tenant; null for all
     */
    public Claimed claim(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        return claim(limit, LEAST_URGENT, lease, eventTypes, tenant);
    }

    /** The same with urgent rows only. */
    public Claimed claimUrgent(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        return claim(limit, URGENT, lease, eventTypes, tenant);
    }

    private Claimed claim(int limit, int lowest, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        InFlightRows inFlight = rules.limited() ? inFlight() : new InFlightRows(List.of());
        for (int look = 0; look < LOOKS; look++) {
            List<Lane> lanes = look(lowest, tenant);
            if (lanes.isEmpty()) {
                break;
            }
            Map<Integer, List<Lane>> open = lanes.stream()
                    .filter(lane -> !lane.paused()
                            && eventTypes.contains(lane.eventType())
                            && inFlight.leaveRoomFor(lane, rules))
                    .collect(Collectors.groupingBy(Lane::priority, TreeMap::new, Collectors.toList()));
            Claimed claimed = open.isEmpty() ? NOTHING : take(limit, lease, open);
            boolean cut = goOnBehind(lanes, claimed.rows());
            if (!cut || claimed.rows().size() == limit || claimed.more()) {
                return claimed;
            }
            if (!claimed.rows().isEmpty()) {
                return new Claimed(claimed.rows(), true);
            }
        }
        return NOTHING;
    }

    /** Where none of the lanes listed of a priority could give anything, and there are others behind them, those are next. */
    private boolean goOnBehind(List<Lane> lanes, List<ClaimedRow> taken) {
        boolean cut = false;
        for (List<Lane> listed :
                lanes.stream().collect(Collectors.groupingBy(Lane::priority)).values()) {
            if (listed.size() >= LANES
                    && taken.stream()
                            .noneMatch(
                                    row -> row.priority() == listed.getFirst().priority())) {
                rings.beginAfter(listed.getLast());
                cut = true;
            }
        }
        return cut;
    }

    private Claimed take(int limit, Duration lease, Map<Integer, List<Lane>> open) {
        List<Offer> offers = open.values().stream()
                .flatMap(ring -> FairShares.of(ring, limit, rules::weightOf).stream())
                .toList();
        List<Optional<ClaimedRow>> taken = database.query(
                "claim rows",
                CLAIM,
                row -> row.getObject("id") == null ? Optional.empty() : Optional.of(row(row)),
                limit,
                lease.toMillis(),
                Offers.json(offers, rules));
        List<ClaimedRow> rows = taken.stream().flatMap(Optional::stream).toList();
        open.forEach((priority, ring) -> {
            if (rows.stream().anyMatch(row -> row.priority() == priority)) {
                rings.beginAfter(FairShares.next(ring, limit, rows));
            }
        });
        return new Claimed(rows, rows.size() < taken.size());
    }

    private List<Lane> look(int lowest, @Nullable String tenant) {
        return database.query(
                "look for work",
                LOOK,
                row -> new Lane(
                        row.getInt("priority"),
                        row.getString("tenant"),
                        row.getString("event_type"),
                        row.getLong("first"),
                        row.getBoolean("paused")),
                lowest,
                rings.tenants(),
                rings.eventTypes(),
                tenant,
                LANES);
    }

    private InFlightRows inFlight() {
        return new InFlightRows(database.query(
                "count what is in flight",
                IN_FLIGHT,
                row -> new InFlightRows.Count(
                        row.getString("tenant"), row.getString("event_type"), row.getInt("rows"))));
    }
    /**
     * Passes on the turns of shards that nobody could pass on because somebody held a lock, and looks at a few more shards at each
     * call, all of them in the end. Cheap; returns how many it mended, normally none. One thread at a time.
     */
    public int mendTurns() {
        return Objects.requireNonNull(database.queryOne(
                "look at turns",
                MEND_TURNS,
                row -> {
                    mendedTenant = row.getString("tenant");
                    mendedShard = row.getString("shard_key");
                    return row.getInt("mended");
                },
                mendedTenant,
                mendedShard,
                SHARDS));
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
        return Objects.requireNonNull(database.queryOne("expire rows", EXPIRE, row -> row.getInt(1), limit));
    }

    /**
     * Rows in flight that somebody wants cancelled, by id.
     *
     * @param after only rows with a greater id
     */
    public List<ClaimedRow> cancelling(long after, int limit) {
        return database.query("look for cancelled rows", CANCELLING, Claims::row, after, limit);
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
