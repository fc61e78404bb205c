package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What is open, counted in the table itself: nobody has to keep a number in step. */
public final class Backlog {

    /** What a tenant or an event type is called that has no group of its own: a producer may make up any number of either. */
    public static final String OTHER = "other";

    /** How many event types have groups of their own beside those of {@link Named}. */
    public static final int OWN_EVENT_TYPES = 50;

    /** How many pairs of a tenant and an event type have groups of their own beside the tenants of {@link Named}. */
    public static final int OWN_PAIRS = 200;

    /** Tenants and event types that have groups of their own however few rows they have. */
    public record Named(Set<String> tenants, Set<String> eventTypes) {
        /** None: those with the most rows have. */
        public static final Named NONE = new Named(Set.of(), Set.of());
    }

    /**
     * One group of open rows.
     *
     * @param tenant the tenant, or {@link #OTHER} for those without a group of their own
     * @param eventType the event type, or {@link #OTHER}
     * @param status pending, dispatched or failed
     * @param rows how many
     * @param due how many of them are due now, not to be cancelled and not paused
     * @param oldestSeconds the age of the oldest that is due, in seconds since it was due; 0 when none is
     * @param paused how many a switch holds back
     * @param wedged how many are dispatched and should have been tried again ten minutes ago, as view {@code tempost.open_row}
     *     tells: nothing lost them, but nobody drives them either
     * @param ambiguous how many of them may have been accepted by their last attempt
     */
    public record Group(
            String tenant,
            String eventType,
            RowStatus status,
            long rows,
            long due,
            double oldestSeconds,
            long paused,
            long wedged,
            long ambiguous) {}

    /**
     * The backlog as it was counted last.
     *
     * @param age how long ago that was
     * @param groups what was open; ages are of now
     */
    public record Counted(Duration age, List<Group> groups) {}

    // index outbox_open
    private static final String NOW = """
        SELECT tenant, event_type, status, rows, due, paused, wedged, ambiguous,
               coalesce(extract(epoch FROM clock_timestamp() - oldest_at), 0) AS oldest
        FROM tempost.backlog_groups(?, ?, ?, ?, ?)
        ORDER BY tenant, event_type, status
        """;

    private static final String TAKE_COUNT =
            "SELECT tempost.take_count(? * interval '1 millisecond', ? * interval '1 millisecond')";

    private static final String COUNT =
            "SELECT tempost.count_backlog(? * interval '1 millisecond', ? * interval '1 millisecond', ?, ?, ?, ?)";

    // index outbox_open
    private static final String EVENT_TYPES = """
        SELECT DISTINCT event_type FROM tempost.outbox
        WHERE status IN ('pending', 'dispatched', 'failed') ORDER BY event_type LIMIT ?
        """;

    // one row without a group when nothing was open
    private static final String COUNTED = """
        SELECT extract(epoch FROM clock_timestamp() - c.counted_at) * 1000 AS age,
               b.tenant, b.event_type, b.status, b.rows, b.due, b.paused, b.wedged, b.ambiguous,
               coalesce(extract(epoch FROM clock_timestamp() - b.oldest_at), 0) AS oldest
        FROM tempost.backlog_count c LEFT JOIN tempost.backlog b ON true
        ORDER BY tenant, event_type, status
        """;

    // index outbox_finished, and no more of it than that many rows
    private static final String BY_MINUTE = """
        SELECT m.ago, count(d.finished_at) AS rows
        FROM generate_series(?::int - 1, 0, -1) AS m (ago)
        LEFT JOIN (
            SELECT finished_at FROM tempost.outbox
            WHERE status = 'delivered' AND (scrubbed_at IS NULL) = true
              AND finished_at >= date_trunc('minute', now()) - (?::int - 1) * interval '1 minute'
            ORDER BY finished_at DESC LIMIT ?) d
            ON date_trunc('minute', d.finished_at) = date_trunc('minute', now()) - m.ago * interval '1 minute'
        GROUP BY 1 ORDER BY 1 DESC
        """;

    private static final int MINUTES = 15;
    private static final int COUNTED_AT_MOST = 20_000;

    // index outbox_finished, bounded by now(), and no more of it than that many rows of each status
    static final String ENDED = """
        SELECT s.status, e.rows
        FROM unnest(?::text[]) s (status)
        CROSS JOIN LATERAL (
            SELECT count(*) AS rows FROM (
                SELECT FROM tempost.outbox o
                WHERE o.status = s.status AND (o.scrubbed_at IS NULL) = true
                  AND o.finished_at > now() - ? * interval '1 millisecond'
                  AND (?::text IS NULL OR o.tenant = ?)
                LIMIT ?) l) e
        WHERE e.rows > 0 ORDER BY s.status
        """;

    private static final int ENDED_AT_MOST = 200_000;
    private static final String[] ENDS =
            EnumSet.complementOf(EnumSet.of(RowStatus.PENDING, RowStatus.DISPATCHED)).stream()
                    .map(RowStatus::column)
                    .toArray(String[]::new);

    private static final String TOTALS = """
        SELECT status, count(*) AS rows FROM tempost.outbox
        WHERE ?::text IS NULL OR tenant = ?
        GROUP BY status ORDER BY status
        """;

    // indexes outbox_open and outbox_leased; what waits behind the head of its shard waits as long as the head
    private static final String UNFINISHED = """
        SELECT (SELECT count(*) FROM tempost.outbox o
                LEFT JOIN tempost.shard s ON s.tenant = o.tenant AND s.shard_key = o.shard_key
                -- before the join: in it, the function would be called for every pair of rows
                LEFT JOIN LATERAL (SELECT coalesce(s.head, CASE WHEN o.shard_key IS NOT NULL
                    THEN tempost.first_in_shard(o.tenant, o.shard_key) END) AS id OFFSET 0) f ON true
                LEFT JOIN tempost.outbox h ON h.id = f.id
                WHERE o.status = 'pending' AND (?::text IS NULL OR o.tenant = ?)
                  AND (o.deliver_after IS NULL OR o.deliver_after <= clock_timestamp())
                  AND (o.next_attempt_at IS NULL OR o.next_attempt_at <= clock_timestamp())
                  AND (h.id IS NULL OR h.id = o.id
                       OR h.status = 'pending'
                          AND coalesce(greatest(h.deliver_after, h.next_attempt_at) <= clock_timestamp(), true)
                       OR h.status = 'dispatched' AND h.lease_until IS NOT NULL)
                  AND NOT EXISTS (
                      SELECT FROM tempost.pause p
                      WHERE p.resumed_at IS NULL AND coalesce(p.tenant, o.tenant) = o.tenant
                        AND coalesce(p.event_type, o.event_type) = o.event_type
                        AND (p.shard_key IS NULL OR p.shard_key = o.shard_key)))
             + (SELECT count(*) FROM tempost.outbox
                WHERE status = 'dispatched' AND lease_until IS NOT NULL AND (?::text IS NULL OR tenant = ?))
        """;

    /** How many rows have a status. */
    public record Total(RowStatus status, long rows) {}

    /** The longest pause between two counts, however long they take and whoever dies over one. */
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    // counting reads as much as there is; still, no statement holds on to what it sees for longer
    private static final Duration COUNT_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration COUNT_DEADLINE = Duration.ofSeconds(65);

    private final Database database;
    private final Database counting;

    public Backlog(DataSource dataSource) {
        this.database = new Database(dataSource);
        this.counting = new Database(dataSource, COUNT_TIMEOUT, COUNT_DEADLINE);
    }

    /**
     * Everything that is not finished, and the dead letters, counted now: reads every such row.
     *
     * @param tenant only this tenant; null for all
     */
    public List<Group> groups(@Nullable String tenant) {
        return counting.query(
                "count the backlog",
                NOW,
                Backlog::group,
                tenant,
                new String[0],
                new String[0],
                OWN_EVENT_TYPES,
                OWN_PAIRS);
    }

    /** The event types of the rows that are open or failed, by name, so many at most. */
    public List<String> eventTypes(int limit) {
        return counting.query("look for event types", EVENT_TYPES, row -> row.getString(1), limit);
    }

    /**
     * Counts for {@link #counted}, when that is due and no other replica does it. The longer a count takes the longer the next
     * one has to wait, up to five minutes.
     *
     * @param pause the shortest pause between two counts
     * @param longestWait the longest a delivery may wait between two attempts
     * @param named who is counted apart in any case
     * @return whether it counted
     */
    public boolean countWhenDue(Duration pause, Duration longestWait, Named named) {
        Boolean mine = database.queryOne(
                "take the next count of the backlog",
                TAKE_COUNT,
                row -> row.getBoolean(1),
                longestWait.toMillis(),
                LONGEST_PAUSE.toMillis());
        if (!Boolean.TRUE.equals(mine)) {
            return false;
        }
        counting.query(
                "count the backlog",
                COUNT,
                row -> "",
                pause.toMillis(),
                LONGEST_PAUSE.toMillis(),
                named.tenants().toArray(String[]::new),
                named.eventTypes().toArray(String[]::new),
                OWN_EVENT_TYPES,
                OWN_PAIRS);
        return true;
    }

    /** What was counted last, by whichever replica. */
    public Counted counted() {
        List<Group> groups = new ArrayList<>();
        List<Duration> ages = database.query("read the backlog", COUNTED, row -> {
            if (row.getString("tenant") != null) {
                groups.add(group(row));
            }
            return Duration.ofMillis(row.getLong("age"));
        });
        return new Counted(ages.getFirst(), groups);
    }

    private static Group group(ResultSet row) throws SQLException {
        return new Group(
                row.getString("tenant"),
                row.getString("event_type"),
                RowStatus.of(row.getString("status")),
                row.getLong("rows"),
                row.getLong("due"),
                row.getDouble("oldest"),
                row.getLong("paused"),
                row.getLong("wedged"),
                row.getLong("ambiguous"));
    }

    /**
     * Rows by status, finished ones included: reads the whole table.
     *
     * @param tenant only this tenant; null for all
     */
    public List<Total> totals(@Nullable String tenant) {
        return counting.query(
                "count rows",
                TOTALS,
                row -> new Total(RowStatus.of(row.getString("status")), row.getLong("rows")),
                tenant,
                tenant);
    }

    /**
     * How many rows were delivered in each of the last 15 minutes, the oldest first. Of more than 20,000 the newest are counted:
     * the minutes before then have none.
     */
    public List<Long> deliveredByMinute() {
        return database.query(
                "count deliveries by minute", BY_MINUTE, row -> row.getLong("rows"), MINUTES, MINUTES, COUNTED_AT_MOST);
    }

    /**
     * How many rows ended lately, by status: of each 200,000 at most, and none whose content was removed since.
     *
     * @param tenant only this tenant; null for all
     * @param within how long ago, at most
     */
    public List<Total> ended(@Nullable String tenant, Duration within) {
        return database.query(
                "count what ended",
                ENDED,
                row -> new Total(RowStatus.of(row.getString("status")), row.getLong("rows")),
                ENDS,
                within.toMillis(),
                tenant,
                tenant,
                ENDED_AT_MOST);
    }

    /**
     * How many rows still wait for a first attempt or are in the middle of it.
     *
     * @param tenant only this tenant; null for all
     */
    public long unfinished(@Nullable String tenant) {
        Long count = database.queryOne(
                "count unfinished rows", UNFINISHED, row -> row.getLong(1), tenant, tenant, tenant, tenant);
        return count == null ? 0 : count;
    }
}
