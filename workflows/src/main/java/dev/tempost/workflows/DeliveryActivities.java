package dev.tempost.workflows;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** What a delivery does to the world. Both can be repeated: the ledger knows what happened. */
@ActivityInterface
public interface DeliveryActivities {

    /**
     * Passes the gate, sends, and records what came of it. Fails, typed by {@link FailureType}, when the message was not
     * accepted: retryable where another attempt makes sense. {@link FailureType#RATE_LIMITED_ELSEWHERE} names, as its only detail, the
     * task queue to send from.
     */
    @ActivityMethod(name = "Send")
    SendResult send(SendRequest request);

    /** Marks the row with its workflow's outcome, unless the row has one already. */
    @ActivityMethod(name = "Mark")
    MarkResult mark(MarkRequest request);
}
