package dev.tempost.outbox.access;

import dev.tempost.outbox.database.Database;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What operators did. */
public final class Audit {

    /**
     * One thing that somebody did.
     *
     * @param id in order
     * @param at when
     * @param actor who
     * @param action what, one word
     * @param row the row; null when it was not about one
     * @param tenant the tenant; null when it was not about one
     * @param detail why, or what exactly; null for nothing to say
     */
    public record Entry(
            long id,
            Instant at,
            String actor,
            String action,
            @Nullable Long row,
            @Nullable String tenant,
            @Nullable String detail) {}

    // the primary key, or index audit_row
    private static final String ENTRIES = """
        SELECT id, at, actor, action, outbox_id, tenant, detail FROM tempost.audit
        WHERE id < ? AND (?::bigint IS NULL OR outbox_id = ?) ORDER BY id DESC LIMIT ?
        """;

    private final Database database;

    public Audit(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * What was done, newest first.
     *
     * @param row only about this row; null for everything
     * @param before only what was done before the entry of this id
     */
    public List<Entry> entries(@Nullable Long row, long before, int limit) {
        return database.query(
                "read the audit",
                ENTRIES,
                entry -> new Entry(
                        entry.getLong("id"),
                        entry.getTimestamp("at").toInstant(),
                        entry.getString("actor"),
                        entry.getString("action"),
                        entry.getObject("outbox_id", Long.class),
                        entry.getString("tenant"),
                        entry.getString("detail")),
                before,
                row,
                row,
                limit);
    }
}
