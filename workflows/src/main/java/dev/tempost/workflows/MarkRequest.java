package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * How a row is to be marked.
 *
 * @param id the row's id
 * @param key the row's key
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param reset whether this run is a reset that has not sent anything of its own yet
 * @param outcome delivered, failed or cancelled
 * @param failureType one of {@link FailureType}; null unless failed
 * @param message what happened; null unless failed
 * @param reason why; null unless cancelled
 * @param receipt the acceptance; null unless delivered
 */
public record MarkRequest(
        long id,
        String key,
        String tenant,
        String eventType,
        boolean reset,
        DeliveryOutcome outcome,
        @Nullable String failureType,
        @Nullable String message,
        @Nullable String reason,
        @Nullable Receipt receipt) {}
