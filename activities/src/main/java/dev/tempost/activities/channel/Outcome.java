package dev.tempost.activities.channel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How one attempt to send ended. Every {@code reply} is free of personal data: it reaches Temporal and the logs. */
public sealed interface Outcome {

    /** No provider may put a row off for longer: what it wants then, it can say again. */
    Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    /** What the provider said, or what happened instead of an answer. */
    String reply();

    /**
     * The provider took responsibility for the message.
     *
     * @param reply the provider's reply
     * @param providerMessageId the provider's own name for the message; null where it gave none
     */
    record Accepted(String reply, @Nullable String providerMessageId) implements Outcome {}

    /**
     * Not accepted now; worth another attempt.
     *
     * @param fault whose doing it was
     * @param type one of {@link dev.tempost.workflows.FailureType}
     * @param reply the provider's reply
     * @param retryAfter the delay the provider asked for, {@link #LONGEST_RETRY_AFTER} at most; null where it asked for none
     * @param reached whether the provider answered for this very message, so that the attempt counts
     */
    record Transient(
            Fault fault,
            String type,
            String reply,
            @Nullable Duration retryAfter,
            boolean reached) implements Outcome {}

    /**
     * A quota or a rate is used up. That is nothing another attempt of this message could mend, so the attempt does not count;
     * a provider that says so of one message after the other is left alone for a while.
     *
     * @param reply the provider's reply
     * @param retryAfter the delay the provider asked for, {@link #LONGEST_RETRY_AFTER} at most; null where it asked for none
     */
    record Throttled(String reply, @Nullable Duration retryAfter) implements Outcome {}

    /**
     * Never to be accepted as it is.
     *
     * @param type one of {@link dev.tempost.workflows.FailureType}
     * @param reply the provider's reply, or what is wrong with the row and how to mend it
     * @param reached whether the provider said so, so that the attempt counts; false where the row could not become a message
     */
    record Permanent(String type, String reply, boolean reached) implements Outcome {}

    /** The message may have been accepted: the connection ended between the final dot and the reply. */
    record Ambiguous(String reply) implements Outcome {}

    /**
     * The channel itself is down: credentials, TLS, configuration. No row is to blame.
     *
     * @param type one of {@link dev.tempost.workflows.FailureType}
     * @param reply what the provider or the TLS layer said
     */
    record ChannelDown(String type, String reply) implements Outcome {}
}
