package dev.tempost.outbox.testing;

/** The servers that the same tests run on. */
public enum PostgresVersion {
    /** The one that is embedded. */
    CURRENT,

    /** The oldest that is supported. */
    OLDEST
}
