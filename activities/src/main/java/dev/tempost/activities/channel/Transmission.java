package dev.tempost.activities.channel;

/** One open attempt, as a channel sees it while it sends. */
public interface Transmission {

    /** What a message may take up of the heap without asking, in bytes: its payload, what is made of it, and what is sent. */
    int SMALL = 1 << 20;

    /**
     * Asked before more than {@link #SMALL} is taken up. Waits until there is room for it, and gives back its place at the provider
     * meanwhile: nothing of the provider's may be held then.
     *
     * @param bytes of the heap that it takes up instead, at most
     * @return false when there was no room in time: nothing more of the message may be made, and the attempt does not count
     */
    boolean reserve(long bytes);

    /**
     * Told as soon as the provider has begun to take this message, so that what {@link #begin} has to write may be written
     * meanwhile. A channel need not call it.
     */
    default void announce() {}

    /**
     * Asked just before the point of no return (mail: the final dot). From a {@code true} on, an attempt whose reply is
     * never read counts as ambiguous.
     *
     * @return false when the attempt may no longer send: its deadline is too near, or another attempt took its place. The
     *     channel must then drop the connection without completing the message.
     */
    boolean begin();

    /**
     * Names what must be closed when the attempt's deadline passes, so that a late send cannot complete. Called once
     * the connection is known; closing must be safe from any thread and at any time.
     */
    void closeAtDeadline(AutoCloseable connection);
}
