package dev.tempost.activities.channel;

/** Whose doing it was that a message was not accepted. */
public enum Fault {
    /** The provider's: it failed before it had heard anything of the message. Several in a row take it down. */
    PROVIDER,
    /** The message's: the provider had heard of it, and might have taken another. */
    MESSAGE,
    /** Ours: it says nothing about the provider. */
    OURS
}
