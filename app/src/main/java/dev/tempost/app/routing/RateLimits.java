package dev.tempost.app.routing;

import dev.tempost.app.config.ProviderLimits;
import dev.tempost.app.config.TempostProperties;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How fast providers take messages, and the task queues where Temporal's server keeps that pace. */
public final class RateLimits {

    // one for each partition that Temporal divides a queue and its rate into
    private static final int LEAST_IN_FLIGHT = 4;

    private final Map<String, ProviderLimits> providers;
    private final String taskQueue;

    public RateLimits(TempostProperties properties) {
        providers = properties.limits();
        taskQueue = properties.temporal().taskQueue();
    }

    /** The task queue that a provider's rate limit applies to; null when it has none. */
    public @Nullable String queue(String provider) {
        return isLimited(providers.get(provider)) ? taskQueue + "-provider-" + provider : null;
    }

    /** Whether a provider has a rate limit; one that is not known has none. */
    static boolean isLimited(@Nullable ProviderLimits provider) {
        return provider != null && provider.rateLimit() != null;
    }

    /** Every task queue with a rate limit, and its messages a second. */
    public Map<String, Double> queues() {
        Map<String, Double> queues = new LinkedHashMap<>();
        providers.forEach((name, provider) -> {
            String queue = queue(name);
            Double rate = provider.rateLimit();
            if (queue != null && rate != null) {
                queues.put(queue, rate);
            }
        });
        return queues;
    }

    /**
     * How many rows of a provider may be between their claim and the end of their first attempt, on all replicas together;
     * null for any number. With a rate limit, two seconds' worth and at least one for each partition: Temporal's queue does
     * not run dry between two claims, and the rest waits in PostgreSQL.
     */
    static @Nullable Integer inFlight(ProviderLimits provider) {
        Double rate = provider.rateLimit();
        return provider.inFlight() != null || rate == null
                ? provider.inFlight()
                : Integer.valueOf(Math.max(LEAST_IN_FLIGHT, (int) Math.ceil(2 * rate)));
    }
}
