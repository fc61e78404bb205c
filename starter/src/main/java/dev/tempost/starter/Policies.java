package dev.tempost.starter;

import dev.tempost.workflows.DeliveryPolicy;

/** Knows how an event type is delivered. */
public interface Policies {

    /** The policy in force now; the delivery that starts with it keeps it. */
    DeliveryPolicy of(String eventType);
}
