package dev.tempost.outbox;

import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What is open, counted in the table itself: a number nobody has to keep in step. */
public final class Backlog {

    /**
     * One group of open rows.
     *
     * @param tenant the tenant
     * @param eventType the event type
     * @param status pending, dispatched or failed
     * @param rows how many
     * @param due how many of them are due now and not to be cancelled
     * @param oldestSeconds the age of the oldest that is due, in seconds since it was due; 0 when none is
     * @param wedged how many are dispatched and should have been tried again ten minutes ago: nothing lost them, but nobody
     *     drives them either
     * @param ambiguous how many of them may have been accepted by their last attempt
     */
    public record Group(
            String tenant,
            String eventType,
            RowStatus status,
            long rows,
            long due,
            double oldestSeconds,
            long wedged,
            long ambiguous) {}

    // index outbox_open
    private static final String GROUPS = """
        SELECT tenant, event_type, status, count(*) AS rows,
               count(*) FILTER (WHERE is_due) AS due,
               coalesce(extract(epoch FROM clock_timestamp() - min(due_at) FILTER (WHERE is_due)), 0) AS oldest,
               count(*) FILTER (WHERE is_wedged) AS wedged,
               count(*) FILTER (WHERE last_error_type = 'AmbiguousOutcome') AS ambiguous
        FROM (SELECT tenant, event_type, status, last_error_type,
                     status = 'dispatched' AND lease_until IS NULL
                         AND coalesce(next_attempt_at, dispatched_at) < clock_timestamp() - interval '10 minutes'
                         AS is_wedged,
                     coalesce(deliver_after, created_at) AS due_at,
                     cancel_requested_at IS NULL AND coalesce(deliver_after <= clock_timestamp(), true) AS is_due
              FROM tempost.outbox
              WHERE status IN ('pending', 'dispatched', 'failed')) open
        GROUP BY tenant, event_type, status
        ORDER BY tenant, event_type, status
        """;

    private static final String TOTALS = """
        SELECT status, count(*) AS rows FROM tempost.outbox
        WHERE ?::text IS NULL OR tenant = ?
        GROUP BY status ORDER BY status
        """;

    // indexes outbox_open and outbox_leased; what waits behind the head of its shard waits as long as the head
    private static final String UNFINISHED = """
        SELECT (SELECT count(*) FROM tempost.outbox o
                LEFT JOIN tempost.shard s ON s.tenant = o.tenant AND s.shard_key = o.shard_key
                LEFT JOIN tempost.outbox h ON h.id = coalesce(
                    s.head, CASE WHEN o.shard_key IS NOT NULL THEN tempost.first_in_shard(o.tenant, o.shard_key) END)
                WHERE o.status = 'pending' AND (?::text IS NULL OR o.tenant = ?)
                  AND coalesce(o.waits_for, '') <> 'pause'
                  AND (o.deliver_after IS NULL OR o.deliver_after <= clock_timestamp())
                  AND (o.next_attempt_at IS NULL OR o.next_attempt_at <= clock_timestamp())
                  AND (h.id IS NULL OR h.id = o.id
                       OR h.status = 'pending' AND coalesce(h.waits_for, '') <> 'pause'
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

    private final Database database;

    public Backlog(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Everything that is not finished, and the dead letters. */
    public List<Group> groups() {
        return database.query(
                "count the backlog",
                GROUPS,
                row -> new Group(
                        row.getString("tenant"),
                        row.getString("event_type"),
                        RowStatus.of(row.getString("status")),
                        row.getLong("rows"),
                        row.getLong("due"),
                        row.getDouble("oldest"),
                        row.getLong("wedged"),
                        row.getLong("ambiguous")));
    }

    /**
     * Rows by status, finished ones included: reads the whole table.
     *
     * @param tenant only this tenant; null for all
     */
    public List<Total> totals(@Nullable String tenant) {
        return database.query(
                "count rows",
                TOTALS,
                row -> new Total(RowStatus.of(row.getString("status")), row.getLong("rows")),
                tenant,
                tenant);
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
