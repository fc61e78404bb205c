package dev.tempost.outbox.claim;

import dev.tempost.outbox.claim.FairShares.Offer;
import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.rows.ClaimedRow;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Takes rows that are due, for one replica at a time, by leases that run out on the database's clock. */
public final class Claims {

    /** The priority before which no other goes. */
    public static final int URGENT = 1;

    private static final int LEAST_URGENT = 5;

    // a claim takes another look where it may not take what the one before listed
    private static final int LOOKS = 3;
    // shards that a call looks at
    private static final int SHARDS = 100;

    private static final String CLAIM = """
        SELECT id, key, tenant, event_type, priority, job_id, expires_at, workflow_id, run_id, lease_until
        FROM tempost.claim(?, ?, ? * interval '1 millisecond', ?::jsonb)
        """;

    private static final String EXPIRE = "SELECT tempost.expire(?)";

    private static final String MEND_TURNS = "SELECT mended, tenant, shard_key FROM tempost.mend_turns(?, ?, ?)";

    /** What a claim took that found nothing. */
    public static final Claimed NOTHING = new Claimed(List.of(), false, false);

    private final Database database;
    private final ClaimRules rules;
    private final Lanes singly;
    private final Lanes batched;
    private String mendedTenant = "";
    private String mendedShard = "";

    /** Claims by the default rules. */
    public Claims(DataSource dataSource) {
        this(dataSource, ClaimRules.defaults());
    }

    public Claims(DataSource dataSource, ClaimRules rules) {
        this.database = new Database(dataSource);
        this.rules = rules;
        this.singly = new Lanes(database, LEAST_URGENT);
        this.batched = new Lanes(database, LEAST_URGENT);
    }

    /**
     * What a claim took.
     *
     * @param rows by priority, then lane by lane, then by id
     * @param more whether there may be more to take at once
     * @param unseen whether there are lanes it did not come to, since those it saw may not go
     */
    public record Claimed(List<ClaimedRow> rows, boolean more, boolean unseen) {}

    /** What a claim is after. */
    private record Search(
            Lanes lanes,
            boolean batched,
            int lowest,
            EventTypes eventTypes,
            @Nullable String tenant) {

        boolean wants(Lane lane, ClaimRules rules) {
            return !lane.paused()
                    && eventTypes.contains(lane.eventType())
                    && batched == (rules.batchingOf(lane) != null);
        }
    }

    /**
     * Claims rows that are due and get a workflow each: by priority, then fairly between the event types of tenants, then by id. One
     * thread at a time.
     *
     * @param limit at most so many
     * @param lease how long no other replica may claim them
     * @param eventTypes only rows of these
     * @param tenant only rows of this tenant; null for all
     */
    public Claimed claim(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        return claim(limit, limit, lease, new Search(singly, false, LEAST_URGENT, eventTypes, tenant));
    }

    /** The same with urgent rows only. */
    public Claimed claimUrgent(int limit, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        return claim(limit, limit, lease, new Search(singly, false, URGENT, eventTypes, tenant));
    }

    /**
     * Claims rows of event types that travel in batches, in the same order. Those that are to share a workflow name it.
     *
     * @param singles how many of them may get a workflow of their own, because they have to, or because no more are there
     */
    public Claimed claimBatches(
            int limit, int singles, Duration lease, EventTypes eventTypes, @Nullable String tenant) {
        if (!rules.batching()) {
            return NOTHING;
        }
        return claim(limit, singles, lease, new Search(batched, true, LEAST_URGENT, eventTypes, tenant));
    }

    private Claimed claim(int limit, int singles, Duration lease, Search search) {
        Lanes lanes = search.lanes();
        InFlightRows inFlight = rules.limited() ? lanes.inFlight() : new InFlightRows(List.of());
        for (int look = 0; look < LOOKS; look++) {
            List<Lane> listed = lanes.look(search.lowest(), search.tenant());
            if (listed.isEmpty()) {
                return NOTHING;
            }
            Map<Integer, List<Lane>> open = listed.stream()
                    .filter(lane -> search.wants(lane, rules) && inFlight.leaveRoomFor(lane, rules))
                    .collect(Collectors.groupingBy(Lane::priority, TreeMap::new, Collectors.toList()));
            Claimed claimed = open.isEmpty() ? NOTHING : take(limit, singles, lease, open, lanes);
            boolean cut = lanes.goOnBehind(listed, claimed.rows());
            if (!cut || claimed.rows().size() == limit || claimed.more()) {
                return claimed;
            }
            if (!claimed.rows().isEmpty()) {
                return new Claimed(claimed.rows(), true, true);
            }
        }
        return new Claimed(List.of(), false, true);
    }

    private Claimed take(int limit, int singles, Duration lease, Map<Integer, List<Lane>> open, Lanes lanes) {
        List<Offer> offers = open.values().stream()
                .flatMap(ring -> FairShares.of(ring, limit, rules::weightOf).stream())
                .toList();
        List<Optional<ClaimedRow>> taken = database.query(
                "claim rows",
                CLAIM,
                row -> row.getObject("id") == null ? Optional.empty() : Optional.of(ClaimedRow.of(row)),
                limit,
                singles,
                lease.toMillis(),
                Offers.json(offers, rules));
        List<ClaimedRow> rows = taken.stream().flatMap(Optional::stream).toList();
        open.forEach((priority, ring) -> {
            if (rows.stream().anyMatch(row -> row.priority() == priority)) {
                lanes.beginAfter(FairShares.next(ring, limit, rows));
            }
        });
        return new Claimed(rows, rows.size() < taken.size(), false);
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

    /** Ends pending rows whose {@code expires_at} has passed; returns how many. */
    public int expire(int limit) {
        return Objects.requireNonNull(database.queryOne("expire rows", EXPIRE, row -> row.getInt(1), limit));
    }
}
