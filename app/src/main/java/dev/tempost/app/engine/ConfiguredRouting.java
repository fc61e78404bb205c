package dev.tempost.app.engine;

import dev.tempost.activities.Places;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.starter.Routing;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which provider takes what, and how much at a time, as it is configured. */
final class ConfiguredRouting implements Routing {

    private final TempostProperties properties;
    private final Map<String, Integer> connections;

    ConfiguredRouting(TempostProperties properties) {
        this.properties = properties;
        this.connections = properties.connections().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        provider -> provider.getValue() - Places.keptForUrgent(provider.getValue())));
    }

    @Override
    public EventTypes deliverable(Set<String> withoutProviders) {
        return properties.deliverable(withoutProviders);
    }

    @Override
    public String provider(String eventType) {
        return properties.provider(eventType);
    }

    @Override
    public Map<String, Integer> connections() {
        return connections;
    }
}
