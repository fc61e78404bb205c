package dev.tempost.outbox.rows;

/** How far a claimed row has come with its first attempt. */
public enum Stage {
    /** Leased, and no attempt is open: it waits for Temporal, or for a place to send. */
    WAITING,
    /** An attempt is open. */
    SENDING,
    /** Neither: its first attempt is over, or there is no such row. */
    ENDED
}
