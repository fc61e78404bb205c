package dev.tempost.channels.email;

/** A text that names no single address; the message says why, and never quotes it. */
final class NotAMailbox extends Exception {

    NotAMailbox(String what) {
        // expected in bulk when a producer is wrong
        super(what, null, false, false);
    }
}
