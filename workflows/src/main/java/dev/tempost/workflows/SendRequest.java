package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * One send, repeated until it is accepted or given up.
 *
 * @param delivery the row and its policy
 * @param reset whether this run is a reset of an earlier one, which may take a failed row
 * @param carried what the local attempt learnt; the first durable attempt repeats it and sends nothing, so that the server
 *     keeps it and shows when the next attempt is due. Null when there was no local attempt
 * @param known the failure type that the workflow shows, or {@link #NOTHING}; a durable send that fails with another one ends as
 *     {@link FailureType#FAILURE_CHANGED}, so that it shows that. Null when it needs not hear of it
 */
public record SendRequest(
        DeliveryRequest delivery,
        boolean reset,
        @Nullable CarriedFailure carried,
        @Nullable String known) {

    /** What a workflow knows of failures before there was one. */
    public static final String NOTHING = "none";

    /** One attempt, whatever comes of it. */
    public static SendRequest once(DeliveryRequest delivery, boolean reset) {
        return new SendRequest(delivery, reset, null, null);
    }
}
