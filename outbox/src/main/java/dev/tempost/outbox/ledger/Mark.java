package dev.tempost.outbox.ledger;

import dev.tempost.outbox.rows.RowStatus;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a workflow wants its row marked.
 *
 * @param id the row's id
 * @param key the row's key
 * @param workflowId the workflow's id
 * @param runId the workflow's run id
 * @param reset whether the run is a reset that has not sent anything of its own yet
 * @param status failed, cancelled or expired
 * @param error the last failure; null to keep what the row says
 * @param errorType its type; null to keep what the row says
 * @param reason why; null for none
 */
public record Mark(
        long id,
        UUID key,
        String workflowId,
        String runId,
        boolean reset,
        RowStatus status,
        @Nullable String error,
        @Nullable String errorType,
        @Nullable String reason) {}
