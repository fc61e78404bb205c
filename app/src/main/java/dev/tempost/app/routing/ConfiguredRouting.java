package dev.tempost.app.routing;

import dev.tempost.activities.Places;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.starter.Routing;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which provider takes what, and how much at a time, as it is configured. */
public final class ConfiguredRouting implements Routing {

    private final Deliveries deliveries;
    private final Fallbacks fallbacks;
    private final Map<String, Integer> connections;

    public ConfiguredRouting(TempostProperties properties, Deliveries deliveries, Fallbacks fallbacks) {
        this.deliveries = deliveries;
        this.fallbacks = fallbacks;
        this.connections = properties.limits().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        provider -> provider.getValue().maxConnections()
                                - Places.keptForUrgent(provider.getValue().maxConnections())));
    }

    @Override
    public EventTypes deliverable(Set<String> withoutProviders) {
        return deliveries.where(delivery -> !withoutProviders.contains(fallbacks.of(delivery.provider())));
    }

    @Override
    public String provider(String eventType) {
        return fallbacks.of(deliveries.of(eventType).provider());
    }

    @Override
    public Map<String, Integer> connections() {
        return connections;
    }
}
