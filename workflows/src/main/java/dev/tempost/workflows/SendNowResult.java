package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * What came of an attempt that somebody asked for. All null where the row only takes its turn in the rate limit of its provider.
 *
 * @param outcome the row's status where it has its outcome now; null while it waits for another attempt
 * @param failureType one of {@link FailureType} where it was not accepted; null otherwise
 * @param message what the provider said, or what holds the row back, without personal data; null where it was accepted
 */
public record SendNowResult(
        @Nullable DeliveryOutcome outcome,
        @Nullable String failureType,
        @Nullable String message) {}
