package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What operators do to all rows that match a filter, step by step, so that it goes on where it was whatever dies. */
public final class BulkActions {

    /** What is done to each row. */
    public enum Action {
        /** Delivers failed rows again. */
        RETRY,
        /** Closes failed rows. */
        DISMISS,
        /** Cancels pending and dispatched rows. */
        CANCEL,
        /** Replaces top-level keys of the payload of failed rows. */
        CORRECT;

        /** The name in the table. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How far it came.
     *
     * @param id its id
     * @param action what is done to each row
     * @param reason why
     * @param actor who asked for it
     * @param perSecond how many rows a second at most
     * @param createdAt when it was asked for
     * @param done rows that it was done to
     * @param refused rows that matched and were left alone: they changed meanwhile, are being sent, are locked, or lost their
     *     content
     * @param share which part of the rows it has looked at, from 0 to 1
     * @param cancelled whether somebody stopped it
     * @param finishedAt when it ended; null while it goes on
     */
    public record Progress(
            UUID id,
            Action action,
            String reason,
            String actor,
            int perSecond,
            Instant createdAt,
            long done,
            long refused,
            double share,
            boolean cancelled,
            @Nullable Instant finishedAt) {}

    /**
     * What it would do.
     *
     * @param matched how many rows match now
     * @param complete whether all were looked at that could match, and not only 100,000
     * @param sample the newest that match, ten at most
     */
    public record Preview(long matched, boolean complete, List<Long> sample) {}

    /** The most rows a second that one may be asked to do. */
    public static final int FASTEST = 10_000;

    private static final String COLUMNS =
            "id, action, reason, actor, per_second, created_at, done, refused, last, upto,"
                    + " cancel_requested_by, finished_at";

    private final Database database;

    public BulkActions(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * Asks for one. It begins within a second or so.
     *
     * @param patch the keys of the payload that are replaced, as a JSON object, for {@link Action#CORRECT}; null for the others
     * @param perSecond how many rows a second at most
     */
    public Progress create(
            Action action,
            RowSearch.Filter filter,
            @Nullable String patch,
            String reason,
            String actor,
            int perSecond) {
        return Objects.requireNonNull(database.queryOne(
                "ask for a bulk action",
                "SELECT " + COLUMNS + " FROM tempost.bulk(?, ?::jsonb, ?, ?, ?::jsonb, ?)",
                BulkActions::progress,
                action.word(),
                filter.json(),
                reason,
                actor,
                patch,
                perSecond));
    }

    /** What it would do, without doing it. */
    public Preview preview(Action action, RowSearch.Filter filter) {
        return Objects.requireNonNull(database.queryOne(
                "look what a bulk action would do",
                "SELECT matched, complete, sample FROM tempost.preview_bulk(?, ?::jsonb)",
                row -> {
                    Array sample = row.getArray("sample");
                    return new Preview(
                            row.getLong("matched"),
                            row.getBoolean("complete"),
                            sample == null ? List.of() : Arrays.asList((Long[]) sample.getArray()));
                },
                action.word(),
                filter.json()));
    }

    /**
     * Does the next rows, and writes down how far it came, in one transaction.
     *
     * @return how far it is now; null when there is none with this id
     */
    public @Nullable Progress step(UUID id, int limit) {
        return database.queryOne(
                "do a step of bulk action " + id,
                "SELECT " + COLUMNS + " FROM tempost.bulk_step(?, ?) WHERE id IS NOT NULL",
                BulkActions::progress,
                id,
                limit);
    }

    /** One of them; null when there is none. */
    public @Nullable Progress find(UUID id) {
        return database.queryOne(
                "read bulk action " + id,
                "SELECT " + COLUMNS + " FROM tempost.bulk_action WHERE id = ?",
                BulkActions::progress,
                id);
    }

    /** The newest, first. */
    public List<Progress> list(int limit) {
        return database.query(
                "list bulk actions",
                "SELECT " + COLUMNS + " FROM tempost.bulk_action ORDER BY created_at DESC LIMIT ?",
                BulkActions::progress,
                limit);
    }

    /** Those that have not ended, the oldest first. */
    public List<UUID> running(int limit) {
        return database.query(
                "look for bulk actions",
                "SELECT id FROM tempost.bulk_action WHERE finished_at IS NULL ORDER BY created_at LIMIT ?",
                row -> row.getObject(1, UUID.class),
                limit);
    }

    /** Has it end before its next step; false when it has ended, or there is none. */
    public boolean cancel(UUID id, String by) {
        return Boolean.TRUE.equals(database.queryOne(
                "cancel bulk action " + id, "SELECT tempost.cancel_bulk(?, ?)", row -> row.getBoolean(1), id, by));
    }

    private static Progress progress(ResultSet row) throws SQLException {
        Instant finishedAt = Database.instant(row, "finished_at");
        boolean cancelled = row.getString("cancel_requested_by") != null;
        long upto = row.getLong("upto");
        return new Progress(
                row.getObject("id", UUID.class),
                Action.valueOf(row.getString("action").toUpperCase(Locale.ROOT)),
                row.getString("reason"),
                row.getString("actor"),
                row.getInt("per_second"),
                row.getTimestamp("created_at").toInstant(),
                row.getLong("done"),
                row.getLong("refused"),
                upto == 0 || (finishedAt != null && !cancelled) ? 1 : (double) row.getLong("last") / upto,
                cancelled,
                finishedAt);
    }
}
