package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds rows, newest first, a page at a time. A page looks at a stretch of ids and not at the table: what few rows match costs
 * several pages instead of a long one, and needs no index that every insert would have to write.
 */
public final class RowSearch {

    /**
     * What is looked for; null for whatever.
     *
     * @param status where it stands
     * @param tenant the tenant
     * @param eventType the event type
     * @param failureType the type of the last failure
     * @param message the last failure, as {@link Cause} has it
     * @param recipient to whom, in any case
     * @param jobId the job it belongs to
     * @param createdFrom inserted then or later
     * @param createdBefore inserted before then
     */
    public record Filter(
            @Nullable RowStatus status,
            @Nullable String tenant,
            @Nullable String eventType,
            @Nullable String failureType,
            @Nullable String message,
            @Nullable String recipient,
            @Nullable String jobId,
            @Nullable Instant createdFrom,
            @Nullable Instant createdBefore) {

        /** As {@code tempost.matches} reads it. */
        String json() {
            StringBuilder json = new StringBuilder();
            append(json, "status", status == null ? null : status.column());
            append(json, "tenant", tenant);
            append(json, "event_type", eventType);
            append(json, "failure_type", failureType);
            append(json, "message", message);
            append(json, "recipient", recipient);
            append(json, "job_id", jobId);
            append(json, "created_from", createdFrom);
            append(json, "created_before", createdBefore);
            return "{" + json + "}";
        }

        private static void append(StringBuilder json, String name, @Nullable Object value) {
            if (value != null) {
                json.append(json.isEmpty() ? "" : ",").append('"').append(name).append("\":\"");
                String.valueOf(value)
                        .chars()
                        .forEach(c -> json.append(
                                c < ' ' || c == '"' || c == '\\'
                                        ? String.format("\\u%04x", c)
                                        : Character.toString(c)));
                json.append('"');
            }
        }
    }

    /**
     * A page.
     *
     * @param rows what was found; fewer than asked for, or none, does not mean that there are no more
     * @param next where the next page begins; null when all were looked at
     */
    public record Page(List<Rows.Row> rows, @Nullable Long next) {}

    /** What is one cause of failures. */
    public record Cause(@Nullable String failureType, String eventType, String message) {}

    /**
     * Dead letters of one cause.
     *
     * @param cause failure type, event type, and the message, with each number as {@code #}
     * @param rows how many
     * @param tenants of how many tenants
     * @param first when the first of them failed
     * @param last when the last did
     * @param example the newest of them
     */
    public record Group(Cause cause, long rows, int tenants, Instant first, Instant last, long example) {}

    /**
     * Dead letters by cause, most rows first.
     *
     * @param groups at most a hundred
     * @param complete whether all dead letters were looked at, and not only the newest {@value #LOOKED_AT_BY_CAUSE}
     */
    public record Causes(List<Group> groups, boolean complete) {}

    /** So many of the newest dead letters are looked at to group them. */
    public static final int LOOKED_AT_BY_CAUSE = 20_000;

    private static final int STRETCH = 20_000;
    // with the last stretch, half of what a list may take
    private static final long ENOUGH_NANOS = 25_000_000;

    // the primary key, or index outbox_failed
    static final String END = """
        SELECT id FROM tempost.outbox WHERE id < ? AND true ORDER BY id DESC OFFSET ? LIMIT 1
        """;

    static final String STRETCH_OF = Rows.COLUMNS + """
        o WHERE id < ? AND id >= ? AND true AND tempost.matches(o, ?::jsonb) ORDER BY id DESC LIMIT ?
        """;

    // what index outbox_failed asks for, word by word
    private static final String FAILED = "AND status = 'failed'";

    // index outbox_failed. What differs in numbers alone is one cause
    static final String CAUSES = """
        WITH dead AS (
            SELECT id, tenant, event_type, last_error_type, finished_at,
                   tempost.cause(last_error) AS message
            FROM tempost.outbox
            WHERE status = 'failed' AND (?::text IS NULL OR tenant = ?)
            ORDER BY id DESC LIMIT ?
        )
        SELECT last_error_type, event_type, message, count(*) AS rows,
               count(DISTINCT tenant) AS tenants, min(finished_at) AS first, max(finished_at) AS last, max(id) AS example,
               sum(count(*)) OVER () AS all_rows
        FROM dead GROUP BY 1, 2, 3 ORDER BY 4 DESC, 8 DESC LIMIT 100
        """;

    private final Database database;
    private final LongSupplier nanos;

    public RowSearch(DataSource dataSource) {
        this(dataSource, System::nanoTime);
    }

    RowSearch(DataSource dataSource, LongSupplier nanos) {
        this.database = new Database(dataSource);
        this.nanos = nanos;
    }

    /**
     * One page.
     *
     * @param before where it begins, the {@code next} of the page before; {@link Long#MAX_VALUE} for the first
     * @param limit at most so many rows
     */
    public Page page(Filter filter, long before, int limit) {
        long began = nanos.getAsLong();
        List<Rows.Row> found = new ArrayList<>();
        boolean failed = filter.status() == RowStatus.FAILED;
        long from = before;
        do {
            Long end = database.queryOne(
                    "look how far a page goes", of(END, failed), row -> row.getLong(1), from, STRETCH - 1);
            long first = end == null ? Long.MIN_VALUE : end;
            found.addAll(stretch(filter, failed, from, first, limit - found.size()));
            if (found.size() == limit) {
                return new Page(found, found.getLast().id());
            }
            if (end == null) {
                return new Page(found, null);
            }
            from = first;
        } while (nanos.getAsLong() - began < ENOUGH_NANOS);
        return new Page(found, from);
    }

    private List<Rows.Row> stretch(Filter filter, boolean failed, long before, long first, int limit) {
        return database.query("list rows", of(STRETCH_OF, failed), Rows::row, before, first, filter.json(), limit);
    }

    static String of(String sql, boolean failed) {
        return failed ? sql.replace("AND true", FAILED) : sql;
    }

    /**
     * Why dead letters failed.
     *
     * @param tenant only this tenant's; null for all
     */
    public Causes causes(@Nullable String tenant) {
        long[] all = {0};
        List<Group> groups = database.query(
                "group dead letters by their cause",
                CAUSES,
                row -> {
                    all[0] = row.getLong("all_rows");
                    return new Group(
                            new Cause(
                                    row.getString("last_error_type"),
                                    row.getString("event_type"),
                                    row.getString("message")),
                            row.getLong("rows"),
                            row.getInt("tenants"),
                            row.getTimestamp("first").toInstant(),
                            row.getTimestamp("last").toInstant(),
                            row.getLong("example"));
                },
                tenant,
                tenant,
                LOOKED_AT_BY_CAUSE);
        return new Causes(groups, all[0] < LOOKED_AT_BY_CAUSE);
    }
}
