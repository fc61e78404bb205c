package dev.tempost.app.routing;

import dev.tempost.app.config.TempostProperties.Delivery;
import dev.tempost.starter.Policies;
import dev.tempost.workflows.DeliveryPolicy;

/** The policy that a delivery starts with, as it is configured. */
public final class ConfiguredPolicies implements Policies {

    private final Deliveries deliveries;
    private final Fallbacks fallbacks;
    private final RateLimits rateLimits;

    public ConfiguredPolicies(Deliveries deliveries, Fallbacks fallbacks, RateLimits rateLimits) {
        this.deliveries = deliveries;
        this.fallbacks = fallbacks;
        this.rateLimits = rateLimits;
    }

    @Override
    public DeliveryPolicy of(String eventType) {
        Delivery delivery = deliveries.of(eventType);
        return new DeliveryPolicy(
                delivery.initialInterval(),
                delivery.factor(),
                delivery.maxInterval(),
                delivery.maxAttempts(),
                delivery.attemptDeadline(),
                deliveries.parks(eventType),
                rateLimits.queue(fallbacks.of(delivery.provider())));
    }
}
