package dev.tempost.activities.channel;

/** One open attempt, as a channel sees it while it sends. */
public interface Transmission {

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
