package dev.tempost.app.config;

import org.jspecify.annotations.Nullable;

/** How much a provider is given, whatever its channel. */
public interface ProviderLimits {

    /** How many messages this process sends through it at the same time, at most. */
    int maxConnections();

    /** How many rows may be between their claim and the end of their first attempt, all replicas together; null for any number. */
    @Nullable
    Integer inFlight();

    /** The most messages a second, all replicas together; null for no limit. */
    @Nullable
    Double rateLimit();
}
