package dev.tempost.channels.webhook;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one request ended. */
sealed interface WebhookEnd {

    /**
     * By an answer.
     *
     * @param retryAfter the delay that it asked for; null where it asked for none
     * @param body the beginning of what it said, as text
     */
    record Answered(int status, @Nullable Duration retryAfter, String body) implements WebhookEnd {}

    /** After the request had begun to be written, without an answer, or with one that is none. */
    record Lost(IOException cause) implements WebhookEnd {}

    /** Before anything was written. */
    record Unreached(IOException cause) implements WebhookEnd {}

    /** The attempt was no longer allowed to send, so nothing was written. */
    record NotBegun() implements WebhookEnd {}

    /** No connection was free in time. */
    record Busy(int maxConnections) implements WebhookEnd {}
}
