package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** How deep shards are, and what each waits for. */
public final class Shards {

    // index outbox_shard; the head is looked for where no claim has been yet
    static final String DEEPEST = """
        WITH deep AS (
            SELECT o.tenant, o.shard_key, count(*) AS depth, min(o.id) AS first
            FROM tempost.outbox o
            WHERE o.holds_shard AND (?::text IS NULL OR o.tenant = ?)
            GROUP BY o.tenant, o.shard_key
            ORDER BY count(*) DESC, o.tenant, o.shard_key
            LIMIT ?
        )
        SELECT deep.tenant, deep.shard_key, deep.depth, h.id AS head, h.status, s.since,
               tempost.ahead(h.deliver_after, h.next_attempt_at) AS next_attempt_at,
               h.last_error_type, h.last_error,
               'paused by ' || p.paused_by || ': ' || p.reason AS pause
        FROM deep
        LEFT JOIN tempost.shard s ON s.tenant = deep.tenant AND s.shard_key = deep.shard_key
        JOIN tempost.outbox h ON h.id = coalesce(s.head, deep.first)
        CROSS JOIN LATERAL tempost.pause_of(h.tenant, h.event_type, h.shard_key) p
        ORDER BY deep.depth DESC, deep.tenant, deep.shard_key
        """;

    private final Database database;

    public Shards(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * The deepest shards, deepest first.
     *
     * @param tenant only this tenant's; null for all
     */
    public List<Shard> deepest(@Nullable String tenant, int limit) {
        return database.query(
                "look at shards",
                DEEPEST,
                row -> new Shard(
                        row.getString("tenant"),
                        row.getString("shard_key"),
                        row.getLong("depth"),
                        row.getLong("head"),
                        RowStatus.of(row.getString("status")),
                        Database.instant(row, "since"),
                        Database.instant(row, "next_attempt_at"),
                        row.getString("last_error_type"),
                        row.getString("last_error"),
                        row.getString("pause")),
                tenant,
                tenant,
                limit);
    }
}
