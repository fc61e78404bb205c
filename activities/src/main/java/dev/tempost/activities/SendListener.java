package dev.tempost.activities;

/** Learns what comes of rows. Must be quick and must not throw. */
@FunctionalInterface
public interface SendListener {

    /** Something came of a row. */
    void came(SendEvent event);

    /** Temporal has handed a row to its first attempt, which now asks the gate. Not told of a paced one, which waited on purpose. */
    default void begun(long id) {}
}
