package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.database.OutboxUnavailableException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What an operator reads and does, one row at a time. */
public final class Rows {

    /**
     * A row as an operator sees it: no recipient and no payload.
     *
     * @param id the row's id
     * @param key the row's identity for ever
     * @param tenant the tenant
     * @param eventType the event type
     * @param status where it stands
     * @param attempts how many attempts reached a provider
     * @param createdAt when it was inserted
     * @param nextAttemptAt when it will be tried again; null when nothing is planned
     * @param finishedAt when it reached its outcome; null before
     * @param lastErrorType the type of the last failure; null for none
     * @param lastError the last failure; null for none
     * @param reason why it is in this state; null where that needs no words
     * @param depth how many rows lead to it, each enqueued because of the one before
     * @param workflowId the workflow that has it, or had it last: its own, unless a batch carries it
     * @param runId the run of it that wrote the row last; null before
     * @param jobId the job it belongs to; null for none
     * @param priority from 1, which goes first, to 5
     * @param deliverAfter not before; null for at once
     * @param expiresAt when it is worth nothing any more; null for never
     * @param provider the provider that took it, or was asked last; null before
     * @param resendOf the row whose message this one repeats; null for none
     */
    public record Row(
            long id,
            UUID key,
            String tenant,
            String eventType,
            RowStatus status,
            int attempts,
            Instant createdAt,
            @Nullable Instant nextAttemptAt,
            @Nullable Instant finishedAt,
            @Nullable String lastErrorType,
            @Nullable String lastError,
            @Nullable String reason,
            int depth,
            String workflowId,
            @Nullable String runId,
            @Nullable String jobId,
            int priority,
            @Nullable Instant deliverAfter,
            @Nullable Instant expiresAt,
            @Nullable String provider,
            @Nullable Long resendOf) {}

    /**
     * What a row says, and to whom: for operators only.
     *
     * @param recipient to whom; null where the payload decides, or it was removed
     * @param payload JSON
     * @param headers JSON
     * @param version changes with the row
     */
    public record Content(@Nullable String recipient, String payload, String headers, String version) {}

    /**
     * A correction; what is null stays as it is.
     *
     * @param payload JSON
     * @param recipient to whom
     * @param deliverAfter not before; {@link OffsetDateTime#MIN} for at once
     * @param expiresAt when it is worth nothing any more; {@link OffsetDateTime#MAX} for never
     */
    public record Correction(
            @Nullable String payload,
            @Nullable String recipient,
            @Nullable OffsetDateTime deliverAfter,
            @Nullable OffsetDateTime expiresAt) {}

    /**
     * One entry of the ledger.
     *
     * @param attempt its number, from 1
     * @param phase how far it came
     * @param provider who was asked
     * @param reply what was answered; null while it is open
     * @param startedAt when it was opened
     * @param finishedAt when it was closed; null while it is open
     */
    public record Attempt(
            int attempt,
            String phase,
            String provider,
            @Nullable String reply,
            Instant startedAt,
            @Nullable Instant finishedAt) {}

    static final String COLUMNS =
            "SELECT id, key, tenant, event_type, status, attempts, created_at, next_attempt_at, finished_at,"
                    + " last_error_type, last_error, reason, depth, workflow_id, run_id, job_id, priority, deliver_after,"
                    + " expires_at, provider, resend_of FROM tempost.outbox ";

    private final Database database;
    private final @Nullable String actor;

    public Rows(DataSource dataSource) {
        this(dataSource, null);
    }

    /** @param actor who changes rows here, as the audit will say; null for the role that connects */
    public Rows(DataSource dataSource, @Nullable String actor) {
        this.database = new Database(dataSource);
        this.actor = actor;
    }

    /** The row with this id; null when there is none. */
    public @Nullable Row find(long id) {
        return database.queryOne("read row " + id, COLUMNS + "WHERE id = ?", Rows::row, id);
    }

    /**
     * The dead letters, newest first.
     *
     * @param tenant only this tenant; null for all
     */
    public List<Row> failed(@Nullable String tenant, int limit) {
        return database.query(
                "list failed rows",
                COLUMNS
                        + "WHERE status = 'failed' AND (?::text IS NULL OR tenant = ?) ORDER BY finished_at DESC LIMIT"
                        + " ?",
                Rows::row,
                tenant,
                tenant,
                limit);
    }

    /** A row's attempts, in order. */
    public List<Attempt> attempts(long id) {
        return database.query(
                "read the attempts of row " + id,
                "SELECT attempt, phase, provider, reply, started_at, finished_at FROM tempost.attempt"
                        + " WHERE outbox_id = ? ORDER BY attempt",
                row -> new Attempt(
                        row.getInt("attempt"),
                        row.getString("phase"),
                        row.getString("provider"),
                        row.getString("reply"),
                        row.getTimestamp("started_at").toInstant(),
                        Database.instant(row, "finished_at")),
                id);
    }

    /** Delivers a failed row again; false when it is not failed. */
    public boolean retry(long id) {
        return did("retry row " + id, "SELECT tempost.retry(?, ?)", id, actor);
    }

    /** Closes a failed row for good; false when it is not failed. */
    public boolean dismiss(long id, String reason) {
        return did("dismiss row " + id, "SELECT tempost.dismiss(?, ?, ?)", id, reason, actor);
    }

    /** Cancels a row that is pending or in flight; false when it is neither. */
    public boolean cancel(long id, String reason) {
        return did("cancel row " + id, "SELECT tempost.cancel(?, ?, ?)", id, reason, actor);
    }

    /** What a row says; null when there is none. Written into the audit before it is shown. */
    public @Nullable Content content(long id) {
        if (!did("say who sees row " + id, "SELECT tempost.saw(?, ?)", id, actor)) {
            return null;
        }
        return database.queryOne(
                "read what row " + id + " says",
                "SELECT recipient, payload, headers, xmin::text AS version FROM tempost.outbox WHERE id = ?",
                row -> new Content(
                        row.getString("recipient"),
                        row.getString("payload"),
                        row.getString("headers"),
                        row.getString("version")),
                id);
    }

    /** Changes with the row; null when there is none. */
    public @Nullable String version(long id) {
        return database.queryOne(
                "read the version of row " + id,
                "SELECT xmin::text FROM tempost.outbox WHERE id = ?",
                row -> row.getString(1),
                id);
    }

    /**
     * Changes a row that is not finished, from its next attempt on.
     *
     * @param version as it was read; null for whatever it is now
     * @return false when the row is finished, is being sent just now, or has another version
     * @throws OutboxUnavailableException when the outbox refuses one of the fields
     */
    public boolean correct(long id, Correction correction, @Nullable String version) {
        return did(
                "correct row " + id,
                "SELECT tempost.correct(?, ?::jsonb, ?, ?, ?, ?, ?)",
                id,
                correction.payload(),
                correction.recipient(),
                correction.deliverAfter(),
                correction.expiresAt(),
                actor,
                version);
    }

    /** Ends a row's wait for a time; false when it is finished, or is being sent just now. */
    public boolean sendNow(long id) {
        return did("send row " + id + " now", "SELECT tempost.send_now(?, ?)", id, actor);
    }

    /**
     * Sends the message of a finished row again, as a new row.
     *
     * @param request names what is asked for: asked again, it does nothing; null for another row each time
     * @return the new row; null when there is no row with this id
     * @throws OutboxUnavailableException when the row is not finished, or its content was removed
     */
    public @Nullable Long resend(long id, String reason, @Nullable String request) {
        return database.queryOne(
                "resend row " + id,
                "SELECT tempost.resend(?, ?, ?, ?)",
                row -> row.getObject(1, Long.class),
                id,
                reason,
                actor,
                request);
    }

    /** Has every replica look for rows at once. */
    public void wake() {
        database.query("wake the replicas", "SELECT pg_notify('tempost_wake', '')", row -> "");
    }

    private boolean did(String what, String sql, @Nullable Object... parameters) {
        return Boolean.TRUE.equals(database.queryOne(what, sql, row -> row.getBoolean(1), parameters));
    }

    static Row row(ResultSet row) throws SQLException {
        long id = row.getLong("id");
        UUID key = row.getObject("key", UUID.class);
        String tenant = row.getString("tenant");
        String workflowId = row.getString("workflow_id");
        return new Row(
                id,
                key,
                tenant,
                row.getString("event_type"),
                RowStatus.of(row.getString("status")),
                row.getInt("attempts"),
                row.getTimestamp("created_at").toInstant(),
                Database.instant(row, "next_attempt_at"),
                Database.instant(row, "finished_at"),
                row.getString("last_error_type"),
                row.getString("last_error"),
                row.getString("reason"),
                row.getInt("depth"),
                workflowId == null ? ClaimedRow.workflowId(tenant, id, key) : workflowId,
                row.getString("run_id"),
                row.getString("job_id"),
                row.getInt("priority"),
                Database.instant(row, "deliver_after"),
                Database.instant(row, "expires_at"),
                row.getString("provider"),
                row.getObject("resend_of", Long.class));
    }
}
