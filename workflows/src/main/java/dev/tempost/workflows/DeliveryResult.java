package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * How a delivery ended that did not fail.
 *
 * @param key the row's key
 * @param outcome the row's status: delivered, cancelled, expired, superseded, suppressed or dismissed
 * @param reason what a cancel signal said; null otherwise: the row has its reason, which is free text and stays there
 */
public record DeliveryResult(
        String key, DeliveryOutcome outcome, @Nullable String reason) {}
