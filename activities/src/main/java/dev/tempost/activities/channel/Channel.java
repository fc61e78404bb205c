package dev.tempost.activities.channel;

/** A way of sending. Thread-safe; called from many virtual threads at once. */
public interface Channel {

    /** The name event types choose it by, for instance {@code email}. */
    String name();

    /**
     * Sends one message to one recipient, and waits for the provider's answer.
     *
     * <p>Never throws for what the row, its template or the provider did: that is an {@link Outcome}. An exception means a
     * fault of Tempost itself and counts as transient, or as ambiguous once {@link Transmission#begin} said yes.
     */
    Outcome send(Delivery delivery, Transmission transmission);
}
