package dev.tempost.outbox.ledger;

import java.util.UUID;

/**
 * Names one attempt, and the workflow run that makes it.
 *
 * @param id the row's id
 * @param key the row's key
 * @param attempt the attempt's number, from 1
 * @param workflowId the workflow's id
 * @param runId the workflow's run id
 */
public record AttemptRef(long id, UUID key, int attempt, String workflowId, String runId) {}
