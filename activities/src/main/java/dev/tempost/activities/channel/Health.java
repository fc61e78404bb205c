package dev.tempost.activities.channel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Whether a provider would take a message now. Every {@code reply} is free of personal data and of secrets. */
public sealed interface Health {

    /** It would: everything up to the message itself went well. */
    record Ready() implements Health {}

    /**
     * Not now; it may come back by itself.
     *
     * @param type one of {@link dev.tempost.workflows.FailureType}
     * @param reply what the provider said, or what happened instead of an answer
     * @param retryAfter the delay the provider asked for; null where it asked for none
     */
    record Away(String type, String reply, @Nullable Duration retryAfter) implements Health {}

    /**
     * Not until somebody corrects the credentials, the certificate or the configuration.
     *
     * @param type one of {@link dev.tempost.workflows.FailureType}
     * @param reply what the provider or the TLS layer said
     */
    record Down(String type, String reply) implements Health {}
}
