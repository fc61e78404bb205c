package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row as the claim returns it: what it takes to start its workflow, and no personal data.
 *
 * @param id the row's id
 * @param key the row's identity for ever
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param priority 1, the most urgent, to 5
 * @param jobId the job whose cancellation takes it along; null for none
 * @param expiresAt after which it is worthless; null for never
 * @param runId the last workflow run the row knows of; null before the first
 * @param leaseUntil the lease it was claimed with, which tells this claim from every other; null where it was not claimed
 * @param batch the workflow that carries it together with others; null when it has one of its own
 */
public record ClaimedRow(
        long id,
        UUID key,
        String tenant,
        String eventType,
        int priority,
        @Nullable String jobId,
        @Nullable Instant expiresAt,
        @Nullable String runId,
        @Nullable Instant leaseUntil,
        @Nullable String batch) {

    private static final String BATCH = "batch:";

    /** Its batch's; else that of a workflow of its own, {@code delivery:<tenant>:<id>:<first 8 digits of key>}. */
    public String workflowId() {
        return batch != null ? batch : workflowId(tenant, id, key);
    }

    static String workflowId(String tenant, long id, UUID key) {
        return "delivery:" + tenant + ":" + id + ":" + key.toString().substring(0, 8);
    }

    /** From a result that has these columns by their names. */
    public static ClaimedRow of(ResultSet row) throws SQLException {
        String workflowId = row.getString("workflow_id");
        return new ClaimedRow(
                row.getLong("id"),
                row.getObject("key", UUID.class),
                row.getString("tenant"),
                row.getString("event_type"),
                row.getInt("priority"),
                row.getString("job_id"),
                Database.instant(row, "expires_at"),
                row.getString("run_id"),
                Database.instant(row, "lease_until"),
                workflowId != null && workflowId.startsWith(BATCH) ? workflowId : null);
    }
}
