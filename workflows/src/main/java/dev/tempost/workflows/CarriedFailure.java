package dev.tempost.workflows;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A transient failure on its way from the local attempt to the durable one.
 *
 * @param type one of {@link FailureType}
 * @param message what happened, without personal data
 * @param retryAfter the wait that was asked for; null for the policy's own
 */
public record CarriedFailure(
        String type, String message, @Nullable Duration retryAfter) {}
