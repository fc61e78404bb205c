package dev.tempost.outbox.rows;

import org.jspecify.annotations.Nullable;

/**
 * How a row is to be settled that no workflow will mark.
 *
 * @param status what it is to be; {@link RowStatus#PENDING} gives it back to the poller
 * @param runId the run that closed; null where there is none
 * @param reason why; null for none
 * @param errorType the failure's type; null unless it failed
 * @param error the failure; null unless it failed
 */
public record Settlement(
        RowStatus status,
        @Nullable String runId,
        @Nullable String reason,
        @Nullable String errorType,
        @Nullable String error) {}
