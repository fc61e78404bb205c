package dev.tempost.app.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.config.TempostProperties;
import dev.tempost.outbox.claim.EventTypes;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfiguredRoutingTest {

    @Test
    void whileTheDefaultProviderIsDownOnlyTypesOfOthersAreDeliverable() {
        ConfiguredRouting routing = routing(Given.settings(Map.of("tempost.event-types.news.provider", "bulk")));

        assertThat(routing.deliverable(Set.of())).isEqualTo(EventTypes.all());
        assertThat(routing.deliverable(Set.of("elsewhere"))).isEqualTo(EventTypes.all());
        assertThat(routing.deliverable(Set.of("default"))).isEqualTo(new EventTypes(true, Set.of("news")));
        assertThat(routing.deliverable(Set.of("bulk"))).isEqualTo(new EventTypes(false, Set.of("news")));
        assertThat(routing.deliverable(Set.of("default", "bulk")).none()).isTrue();
    }

    @Test
    void everyProviderKeepsSomeOfItsConnectionsForUrgentMessages() {
        ConfiguredRouting routing = routing(Given.providers(Map.of("tempost.providers.bulk.max-connections", "2")));

        assertThat(routing.connections()).isEqualTo(Map.of("default", 15, "ses", 15, "bulk", 2));
        assertThat(routing.provider("magic")).isEqualTo("ses");
        assertThat(routing.provider("welcome")).isEqualTo("default");
    }

    @Test
    void aWebhookHasItsConnectionsToo() {
        assertThat(routing(Given.settings(Map.of(
                                "tempost.webhooks.crm.url", "https://crm.example/",
                                "tempost.webhooks.crm.max-connections", "3",
                                "tempost.delivery.provider", "crm")))
                        .connections())
                .containsEntry("crm", 3);
    }

    private static ConfiguredRouting routing(TempostProperties properties) {
        return new ConfiguredRouting(properties, new Deliveries(properties), Given.fallbacks(properties));
    }
}
