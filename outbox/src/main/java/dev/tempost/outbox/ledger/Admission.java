package dev.tempost.outbox.ledger;

import dev.tempost.outbox.rows.RowStatus;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the gate says to somebody who wants to send a row. */
public sealed interface Admission {

    /**
     * Send it: an attempt is open in the ledger.
     *
     * @param attempt the attempt's number, from 1
     * @param reached how many earlier attempts of this run reached a provider
     * @param recipient where to; null where the payload decides
     * @param payload the row's payload, JSON text
     * @param headers the row's headers, JSON text
     */
    record Send(int attempt, int reached, @Nullable String recipient, String payload, String headers)
            implements Admission {}

    /** Another attempt is open; ask again once its deadline has passed. */
    record InProgress(Duration remaining) implements Admission {}

    /**
     * Nothing goes through this provider for now.
     *
     * @param remaining when to ask again, from now
     * @param errorType why it is down, a failure type
     * @param error why it is down, in the provider's words
     */
    record ProviderDown(Duration remaining, String errorType, String error) implements Admission {}

    /**
     * A switch holds it back.
     *
     * @param remaining when to ask again, from now
     * @param reason who set it, and why
     */
    record Paused(Duration remaining, String reason) implements Admission {}

    /** The row was put off, to a time that is as far away as this. */
    record Snoozed(Duration remaining) implements Admission {}

    /** Another row of its shard has the turn; ask again after that time. */
    record NotItsTurn(Duration remaining) implements Admission {}

    /** Somebody else, for instance an application's transaction, holds the row: ask again after that time. Nothing was written. */
    record Locked(Duration remaining) implements Admission {}

    /** The row is pending: it will be claimed again, and this workflow goes on then. */
    record NotDispatched() implements Admission {}

    /** An earlier attempt may have been accepted, and its event type says that an operator decides. */
    record Parked() implements Admission {}

    /** There is no row with this id and key. */
    record Missing() implements Admission {}

    /**
     * Nothing to send: the row has its outcome.
     *
     * @param status the row's status
     * @param reason why, in the row's words; null where it has none
     * @param errorType the type of the row's last failure; null where it has none
     * @param error the row's last failure; null where it has none
     */
    record Ended(
            RowStatus status,
            @Nullable String reason,
            @Nullable String errorType,
            @Nullable String error) implements Admission {}
}
