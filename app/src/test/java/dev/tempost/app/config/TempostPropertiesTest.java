package dev.tempost.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.EventTypes;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class TempostPropertiesTest {

    @Test
    void aLongestWaitShorterThanTheFirstIsRefusedByName() {
        assertThatThrownBy(() -> bound(Map.of("tempost.delivery.max-interval", "10s")))
                .hasStackTraceContaining("tempost.delivery.max-interval is 10000 ms");
        assertThatThrownBy(() -> bound(Map.of("tempost.event-types.welcome.initial-interval", "2h")))
                .hasStackTraceContaining("tempost.event-types.welcome.max-interval is 3600000 ms");
    }

    @Test
    void whileTheDefaultProviderIsDownOnlyTypesOfOthersAreDeliverable() {
        TempostProperties properties = bound(Map.of("tempost.event-types.news.provider", "bulk"));
        assertThat(properties.deliverable(Set.of())).isEqualTo(EventTypes.all());
        assertThat(properties.deliverable(Set.of("elsewhere"))).isEqualTo(EventTypes.all());
        assertThat(properties.deliverable(Set.of("default"))).isEqualTo(new EventTypes(true, Set.of("news")));
        assertThat(properties.deliverable(Set.of("bulk"))).isEqualTo(new EventTypes(false, Set.of("news")));
        assertThat(properties.deliverable(Set.of("default", "bulk")).none()).isTrue();
    }

    private static TempostProperties bound(Map<String, String> settings) {
        return new Binder(new MapConfigurationPropertySource(settings))
                .bindOrCreate("tempost", TempostProperties.class);
    }
}
