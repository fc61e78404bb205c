package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.time.Duration;
import java.util.Objects;
import javax.sql.DataSource;

/** Removes rows that have been finished for long enough, and their attempts with them; or, sooner, only what they say. */
public final class Retention {

    // index outbox_finished, which clock_timestamp() could not use: it may differ for every row. A row that somebody
    // holds is left for another time, so that nobody waits for anybody.
    static final String REMOVE = """
        DELETE FROM tempost.outbox
        WHERE id = ANY (ARRAY (
            SELECT id FROM tempost.outbox
            WHERE status = ? AND (scrubbed_at IS NULL) = ? AND finished_at < now() - ? * interval '1 millisecond'
            ORDER BY finished_at
            LIMIT ?
            FOR UPDATE SKIP LOCKED))
        """;

    private static final String SCRUB = "SELECT tempost.scrub(?, ? * interval '1 millisecond', ?)";

    private static final String FORGET = """
        DELETE FROM tempost.audit
        WHERE id = ANY (ARRAY (
            SELECT id FROM tempost.audit
            WHERE at < now() - ? * interval '1 millisecond' ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED))
        """;

    private static final String FORGET_ANSWERS = """
        DELETE FROM tempost.answered
        WHERE (actor, key) IN (
            SELECT actor, key FROM tempost.answered
            WHERE answered_at < now() - interval '1 day' ORDER BY answered_at LIMIT ?)
        """;

    // index token_login_end; that somebody signed in and out is in the audit
    static final String FORGET_LOGINS = """
        DELETE FROM tempost.token
        WHERE id = ANY (ARRAY (
            SELECT id FROM tempost.token
            WHERE name LIKE 'login:%' AND least(revoked_at, expires_at) < now() - interval '1 day' LIMIT ?))
        """;

    private static final String FORGET_BULK_ACTIONS = """
        DELETE FROM tempost.bulk_action
        WHERE id IN (SELECT id FROM tempost.bulk_action WHERE finished_at < now() - interval '30 days' LIMIT ?)
        """;

    // index suppression_ending
    private static final String FORGET_SUPPRESSIONS = """
        DELETE FROM tempost.suppression
        WHERE id = ANY (ARRAY (
            SELECT id FROM tempost.suppression WHERE expires_at < now() ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))
        """;

    private final Database database;

    public Retention(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /**
     * Removes one batch, in a transaction of its own.
     *
     * @param status a status that no row leaves by itself, that is neither pending nor dispatched
     * @param age how long ago it was finished at least
     * @return how many were removed
     */
    public int remove(RowStatus status, Duration age, int limit) {
        requireFinished(status);
        int scrubbed = remove(status, false, age, limit);
        return scrubbed + remove(status, true, age, limit - scrubbed);
    }

    private int remove(RowStatus status, boolean whole, Duration age, int limit) {
        return limit == 0
                ? 0
                : database.update(
                        "remove " + status.column() + " rows", REMOVE, status.column(), whole, age.toMillis(), limit);
    }

    /**
     * Removes recipient, payload, headers and replies of one batch, in a transaction of its own. The rows stay, and count.
     *
     * @param status as for {@link #remove}
     * @param age how long ago it was finished at least
     * @return how many were scrubbed
     */
    public int scrub(RowStatus status, Duration age, int limit) {
        requireFinished(status);
        return Objects.requireNonNull(database.queryOne(
                "scrub " + status.column() + " rows",
                SCRUB,
                row -> row.getInt(1),
                status.column(),
                age.toMillis(),
                limit));
    }

    /** Removes the oldest entries of the audit that are older than that; returns how many. */
    public int forgetAudit(Duration age, int limit) {
        return database.update("remove what the audit says", FORGET, age.toMillis(), limit);
    }

    /**
     * Forgets what was asked for: answers to requests after a day, tokens of logins a day after their end, bulk actions, whose filters
     * may be personal, a month after theirs, and suppressions that have ended.
     */
    public void forgetRequests(int limit) {
        database.update("forget answers", FORGET_ANSWERS, limit);
        database.update("forget logins", FORGET_LOGINS, limit);
        database.update("forget bulk actions", FORGET_BULK_ACTIONS, limit);
        database.update("forget suppressions that have ended", FORGET_SUPPRESSIONS, limit);
    }

    private static void requireFinished(RowStatus status) {
        if (status == RowStatus.PENDING || status == RowStatus.DISPATCHED) {
            throw new IllegalArgumentException(
                    status.column() + " rows are not finished: they are never removed, and their content is needed");
        }
    }
}
