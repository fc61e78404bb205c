package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/**
 * One send, repeated until it is accepted or given up.
 *
 * @param delivery the row and its policy
 * @param reset whether this run is a reset of an earlier one, which may take a failed row
 * @param carried what the local attempt learnt; the first durable attempt repeats it and sends nothing, so that the server
 *     keeps it and shows when the next attempt is due. Null when there was no local attempt
 */
public record SendRequest(
        DeliveryRequest delivery, boolean reset, @Nullable CarriedFailure carried) {

    /** The same, to be sent at once. */
    SendRequest carryingNothing() {
        return new SendRequest(delivery, reset, null);
    }
}
