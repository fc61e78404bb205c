package dev.tempost.channels.email;

import org.jspecify.annotations.Nullable;

/** How a conversation about one message ended. */
sealed interface SmtpEnd {

    /**
     * By a reply: the one to the final dot, or an earlier refusal.
     *
     * @param text the whole reply, code included, perhaps of several lines
     */
    record Replied(SmtpPhase phase, int code, String text) implements SmtpEnd {}

    /**
     * Without a reply: connection lost, timed out, or an answer that is none.
     *
     * @param cause null where the server closed the connection or answered nonsense
     */
    record Broken(SmtpPhase phase, String what, @Nullable Throwable cause) implements SmtpEnd {}

    /**
     * We had nothing to prove who we are with, or may not have it any more.
     *
     * @param what what somebody has to correct, in our own words
     */
    record NoLogin(String what) implements SmtpEnd {}

    /** The server lacks what the configuration demands of it. */
    record Unfit(String what) implements SmtpEnd {}

    /** The server cannot take a recipient whose local part is not ASCII. */
    record NeedsSmtpUtf8() implements SmtpEnd {}

    /** The attempt was no longer allowed to send, so the message was left without its final dot. */
    record NotBegun() implements SmtpEnd {}

    /** No connection was free in time. */
    record Busy(int maxConnections) implements SmtpEnd {}
}
