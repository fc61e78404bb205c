package dev.tempost.workflows;

import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import org.jspecify.annotations.Nullable;

/** Delivers one outbox row, or ends with the reason why not. */
@WorkflowInterface
public interface DeliveryWorkflow {

    /** The workflow type. */
    String TYPE = "Delivery";

    /** The update that makes the next attempt at once. */
    String SEND_NOW = "sendNow";

    /**
     * Sends the row and marks it. Completes with the row's outcome; fails, typed by {@link FailureType}, when the row failed.
     */
    @WorkflowMethod(name = TYPE)
    DeliveryResult deliver(DeliveryRequest request);

    /**
     * Stops further attempts. A send under way is allowed to finish; if it is accepted, the row is delivered.
     *
     * @param reason who or what wants it, for the row; no personal data. Null when it was not said
     */
    @SignalMethod(name = "cancel")
    void cancel(@Nullable String reason);

    /**
     * Makes the next attempt at once instead of waiting for its time, and says what came of it. What holds the row back, a
     * pause or a provider that is down, holds it still: then the answer says so, and nothing was sent.
     */
    @UpdateMethod(name = SEND_NOW)
    SendNowResult sendNow();

    /** Refuses where no attempt is waited for: the message is being sent, or no longer wanted. */
    @UpdateValidatorMethod(updateName = SEND_NOW)
    void validateSendNow();
}
