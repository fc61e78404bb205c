package dev.tempost.outbox.ledger;

import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The ledger as a sender uses it: opening an attempt is the gate that every send passes. Every method throws {@link
 * dev.tempost.outbox.database.OutboxUnavailableException} when PostgreSQL refuses or does not answer.
 */
public interface AttemptLedger {

    /**
     * The gate's answer.
     *
     * @param admission who may send
     * @param foundAmbiguous whether the gate gave up an earlier attempt that may have been accepted, and recorded it so
     * @param askedAt {@link System#nanoTime} from before it was asked: a deadline counted from here is the earlier one
     */
    record Opened(Admission admission, boolean foundAmbiguous, long askedAt) {}

    /**
     * Asks the gate; a {@link Admission.Send} opens an attempt, in the same statement.
     *
     * @param reset whether the run is a reset of an earlier one, which may take a failed or pending row
     * @param messageId what the provider will know the message by; the same for every attempt
     * @param patience how long it may be taken for alive while it connects, from now, on the database's clock; {@link #alive}
     *     prolongs it
     * @param park whether an attempt that may have been accepted forbids another
     * @param suppressing for which reasons a suppressed recipient ends the row; none where it is no mail
     */
    Opened open(
            long id,
            UUID key,
            String runId,
            boolean reset,
            String provider,
            String messageId,
            Duration patience,
            boolean park,
            Set<SuppressionReason> suppressing);

    /**
     * Prolongs an attempt that is still connecting.
     *
     * @param patience from now
     * @param longest since the attempt was opened
     */
    void alive(AttemptRef attempt, Duration patience, Duration longest);

    /**
     * Says that {@link #transmitting} will be asked the same soon. A ledger that writes for many may begin with it.
     *
     * @param deadline since the attempt was opened
     * @param reserve how much time must be left before the deadline
     */
    default void announce(AttemptRef attempt, Duration deadline, Duration reserve) {}

    /**
     * Moves an attempt past its point of no return: from here on only its deadline ends it.
     *
     * @param deadline since the attempt was opened
     * @param reserve how much time must be left before the deadline, to read the reply
     * @return false when the attempt may not transmit any more
     */
    boolean transmitting(AttemptRef attempt, Duration deadline, Duration reserve);

    /**
     * Records an acceptance and delivers the row, in one statement. Changes nothing when repeated.
     *
     * @param providerMessageId the provider's own name for the message; null where it gave none
     * @return the time from the row's creation, or its {@code deliver_after}, to its acceptance; null when the row was
     *     delivered already or is gone
     */
    @Nullable
    Duration accepted(AttemptRef attempt, String provider, String reply, @Nullable String providerMessageId);

    /**
     * Closes an attempt that did not deliver. Repeated, or after the gate has given the attempt up, it only corrects the ledger.
     *
     * @param phase how it ended
     * @param reached whether it counts as an attempt that reached the provider
     * @param retryIn when the next attempt is due; null when there will be none
     * @return when the next attempt is due, no later than the row's {@code expires_at}; null when there will be none
     */
    @Nullable
    Duration refused(
            AttemptRef attempt,
            String provider,
            RefusedPhase phase,
            boolean reached,
            String errorType,
            String reply,
            @Nullable Duration retryIn);
}
