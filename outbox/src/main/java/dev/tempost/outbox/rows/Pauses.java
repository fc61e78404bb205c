package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The kill switches: what is held back, by whom, since when and why. */
public final class Pauses {

    /**
     * What a switch is about: the rows that have all that is set here. With nothing set, every row.
     *
     * @param tenant a tenant; null for all
     * @param eventType an event type; null for all
     * @param shardKey a shard of the tenant; null for all
     */
    public record Scope(
            @Nullable String tenant,
            @Nullable String eventType,
            @Nullable String shardKey) {

        public Scope {
            if (shardKey != null && tenant == null) {
                throw new IllegalArgumentException(
                        "shard '" + shardKey + "' without a tenant: a shard is one tenant's");
            }
        }

        @Override
        public String toString() {
            StringBuilder words = new StringBuilder();
            append(words, "tenant ", tenant);
            append(words, "event type ", eventType);
            append(words, "shard ", shardKey);
            return words.isEmpty() ? "everything" : words.toString();
        }

        private static void append(StringBuilder words, String what, @Nullable String value) {
            if (value != null) {
                words.append(words.isEmpty() ? "" : ", ").append(what).append(value);
            }
        }
    }

    /**
     * A switch.
     *
     * @param scope what it holds back
     * @param reason why
     * @param pausedBy who set it
     * @param pausedAt when
     * @param endsAt when it is lifted by itself; null when only somebody lifts it
     * @param resumedBy who lifted it; null while it holds
     * @param resumedAt when; null while it holds
     */
    public record Pause(
            Scope scope,
            String reason,
            String pausedBy,
            Instant pausedAt,
            @Nullable Instant endsAt,
            @Nullable String resumedBy,
            @Nullable Instant resumedAt) {}

    /**
     * Switches that hold and are about the same tenant and event type: the one for all their rows, or those for single shards.
     *
     * @param tenant the tenant; null for all
     * @param eventType the event type; null for all
     * @param ofShards whether these are switches for single shards
     * @param seconds how long the oldest of them has held, in seconds
     */
    public record Held(@Nullable String tenant, @Nullable String eventType, boolean ofShards, double seconds) {}

    // index pause_active
    private static final String HELD = """
        SELECT tenant, event_type, shard_key IS NOT NULL AS of_shards,
               extract(epoch FROM clock_timestamp() - min(paused_at)) AS seconds
        FROM tempost.pause WHERE resumed_at IS NULL
        GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT ?
        """;

    private static final String LATEST = """
        SELECT tenant, event_type, shard_key, reason, paused_by, paused_at, ends_at, resumed_by, resumed_at
        FROM tempost.pause
        WHERE resumed_at IS NULL OR NOT ?
        ORDER BY id DESC LIMIT ?
        """;

    private final Database database;

    public Pauses(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Holds rows back until somebody resumes them. */
    public boolean pause(Scope scope, String reason, String by) {
        return pause(scope, reason, by, null);
    }

    /**
     * Holds rows back from the next claim and the next attempt on; false when this very switch was set already.
     *
     * @param endsAt when it is lifted by itself; null when only somebody lifts it
     */
    public boolean pause(Scope scope, String reason, String by, @Nullable OffsetDateTime endsAt) {
        return Boolean.TRUE.equals(database.queryOne(
                "pause " + scope,
                "SELECT tempost.pause(?, ?, ?, ?, ?, ?)",
                row -> row.getBoolean(1),
                reason,
                scope.tenant(),
                scope.eventType(),
                scope.shardKey(),
                by,
                endsAt));
    }

    /** Lifts the switches whose end has come; whether there were any. */
    public boolean resumeEnded() {
        return Boolean.TRUE.equals(database.queryOne(
                "lift switches whose end has come", "SELECT tempost.resume_ended()", row -> row.getBoolean(1)));
    }

    /** Lifts a switch of exactly this scope; false when there is none. */
    public boolean resume(Scope scope, String by) {
        return Boolean.TRUE.equals(database.queryOne(
                "resume " + scope,
                "SELECT tempost.resume(?, ?, ?, ?)",
                row -> row.getBoolean(1),
                scope.tenant(),
                scope.eventType(),
                scope.shardKey(),
                by));
    }

    /** The switches that hold now, latest first. */
    public List<Pause> active() {
        return latest(true, Integer.MAX_VALUE);
    }

    /** What is held back, longest first, so many at most. */
    public List<Held> held(int limit) {
        return database.query(
                "look at switches",
                HELD,
                row -> new Held(
                        row.getString("tenant"),
                        row.getString("event_type"),
                        row.getBoolean("of_shards"),
                        row.getDouble("seconds")),
                limit);
    }

    /** All switches, those that were lifted included, latest first. */
    public List<Pause> history(int limit) {
        return latest(false, limit);
    }

    private List<Pause> latest(boolean onlyActive, int limit) {
        return database.query(
                "look at switches",
                LATEST,
                row -> new Pause(
                        new Scope(row.getString("tenant"), row.getString("event_type"), row.getString("shard_key")),
                        row.getString("reason"),
                        row.getString("paused_by"),
                        Objects.requireNonNull(Database.instant(row, "paused_at")),
                        Database.instant(row, "ends_at"),
                        row.getString("resumed_by"),
                        Database.instant(row, "resumed_at")),
                onlyActive,
                limit);
    }
}
