package dev.tempost.activities;

/** Learns what comes of rows, and where their attempts stand. Must be quick and must not throw. */
@FunctionalInterface
public interface SendListener {

    /** Something came of a row. */
    void onOutcome(SendEvent event);

    /** A row has passed Temporal and got its place to send: it now asks the gate. {@link #onEnded} always follows. */
    default void onBegun(long id) {}

    /**
     * A row's attempt is over and its place is free, whatever came of it: also when it never got a place, belongs to another
     * queue, or ended in a fault.
     */
    default void onEnded(long id) {}
}
