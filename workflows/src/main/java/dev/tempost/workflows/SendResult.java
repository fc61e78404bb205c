package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * How a send ended that did not fail.
 *
 * @param outcome the row's status: delivered, or the outcome that kept it from being sent
 * @param reason why; null for a plain delivery
 * @param unrecorded the receipt of an acceptance that could not be written to the row; null when the row knows
 */
public record SendResult(
        String outcome, @Nullable String reason, @Nullable Receipt unrecorded) {}
