package dev.tempost.outbox.claim;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.rows.ClaimedRow;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks for lanes with rows to claim. Those of a priority take turns: each look lists some of them, and begins with whose turn it is. */
final class Lanes {

    // of each priority
    private static final int LISTED = 64;

    private static final String LOOK = """
        SELECT priority, tenant, event_type, first, paused FROM tempost.look_for_work(?, ?, ?, ?, ?)
        """;

    private static final String IN_FLIGHT = """
        SELECT tenant, event_type, count(*) AS rows FROM tempost.in_flight GROUP BY tenant, event_type
        """;

    private final Database database;
    private final Rings rings;

    Lanes(Database database, int priorities) {
        this.database = database;
        this.rings = new Rings(priorities);
    }

    /**
     * Lists lanes, by priority.
     *
     * @param lowest down to which priority
     * @param tenant only this tenant's; null for all
     */
    List<Lane> look(int lowest, @Nullable String tenant) {
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
                LISTED);
    }

    /** What the limits count. */
    InFlightRows inFlight() {
        return new InFlightRows(database.query(
                "count what is in flight",
                IN_FLIGHT,
                row -> new InFlightRows.Count(
                        row.getString("tenant"), row.getString("event_type"), row.getInt("rows"))));
    }

    /** Lets the next look begin after a lane. */
    void beginAfter(Lane lane) {
        rings.beginAfter(lane);
    }

    /**
     * Where none of the lanes listed of a priority gave anything, and there may be others behind them, those are next.
     *
     * @return whether there are such
     */
    boolean goOnBehind(List<Lane> listed, List<ClaimedRow> taken) {
        boolean cut = false;
        for (List<Lane> ring :
                listed.stream().collect(Collectors.groupingBy(Lane::priority)).values()) {
            if (ring.size() >= LISTED
                    && taken.stream()
                            .noneMatch(row -> row.priority() == ring.getFirst().priority())) {
                beginAfter(ring.getLast());
                cut = true;
            }
        }
        return cut;
    }
}
