package dev.tempost.app.chaos.check;

/** What its producer knows of a row's transaction. */
public enum Fate {
    COMMITTED,
    ROLLED_BACK,
    /** The reply to the commit was lost, and nobody could be asked. */
    UNKNOWN
}
