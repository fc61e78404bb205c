package dev.tempost.reconciliation;

/**
 * A row and its workflow do not say the same.
 *
 * @param id the row's id
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param finding what Temporal says of the workflow: gone, completed, failed, canceled, terminated or timed_out
 * @param outcome what the row became, or would become when nothing was to be written; the ledger may still decide otherwise
 */
public record Disagreement(long id, String tenant, String eventType, String finding, String outcome) {}
