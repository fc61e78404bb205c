package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * How a send ended that did not fail. Why, the row says: its reason is free text and stays in PostgreSQL.
 *
 * @param outcome the row's status: delivered, or the outcome that kept it from being sent
 * @param unrecorded the receipt of an acceptance that could not be written to the row; null when the row knows
 */
public record SendResult(DeliveryOutcome outcome, @Nullable Receipt unrecorded) {}
