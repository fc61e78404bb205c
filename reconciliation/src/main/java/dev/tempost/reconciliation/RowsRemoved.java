package dev.tempost.reconciliation;

/**
 * Finished rows have left the outbox.
 *
 * @param status their status
 * @param rows how many
 */
public record RowsRemoved(String status, long rows) {}
