package dev.tempost.activities.channel;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A way of sending. Thread-safe; called from many virtual threads at once. */
public interface Channel extends AutoCloseable {

    /** The name event types choose it by, for instance {@code email}. */
    String name();

    /**
     * What the provider will know the message by: the same for every attempt of a row.
     *
     * @param key the row's key
     * @param provider the name of the provider that takes it
     */
    String messageId(UUID key, String provider);

    /**
     * Sends one message to one recipient, and waits for the provider's answer.
     *
     * <p>Never throws for what the row, its template or the provider did: that is an {@link Outcome}. An exception means a
     * fault of Tempost itself and counts as transient, or as ambiguous once {@link Transmission#begin} said yes.
     */
    Outcome send(OutgoingMessage delivery, Transmission transmission);

    /**
     * Finds out whether the provider would take a message now, without sending one: mail connects, secures the connection,
     * greets, logs in, names the sender and says goodbye. It takes a bounded time, and a connection of its own, so that a full
     * pool does not look like an outage.
     *
     * <p>Never throws for what the provider did or did not do.
     *
     * @param provider the name of the provider
     */
    Health probe(String provider);

    /**
     * What somebody should look at, though the provider takes messages. Asked by the doctor alone; may throw when the provider
     * does not say.
     *
     * @param provider the name of the provider
     * @return null when there is nothing
     */
    default @Nullable Concern concern(String provider) {
        return null;
    }

    /**
     * Something to look at.
     *
     * @param what what it is, free of personal data
     * @param remedy what to do about it
     */
    record Concern(String what, String remedy) {}

    /** Closes what it keeps open between messages. What is being sent may finish. */
    @Override
    default void close() {}
}
