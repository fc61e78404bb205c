package dev.tempost.app.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.config.TempostProperties;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfiguredPoliciesTest {

    @Test
    void anEventTypeOfAProviderWithARateLimitIsSentFromItsQueue() {
        ConfiguredPolicies policies = policies(Given.providers(Map.of()));

        assertThat(policies.of("magic").rateLimitedQueue()).isEqualTo("acme-provider-ses");
        assertThat(policies.of("news").rateLimitedQueue()).isNull();
        assertThat(policies.of("welcome").rateLimitedQueue()).isNull();
    }

    @Test
    void whatEveryEventTypeIsSentThroughMayHaveARateLimit() {
        assertThat(policies(Given.settings(Map.of("tempost.providers.default.rate-limit", "0.5")))
                        .of("welcome")
                        .rateLimitedQueue())
                .isEqualTo("tempost-provider-default");
    }

    @Test
    void anAmbiguousOutcomeIsParkedWhereThatIsWanted() {
        ConfiguredPolicies policies =
                policies(Given.settings(Map.of("tempost.event-types.invoice.on-ambiguous", "park")));

        assertThat(policies.of("invoice").parkWhenAmbiguous()).isTrue();
        assertThat(policies.of("welcome").parkWhenAmbiguous()).isFalse();
    }

    @Test
    void aStartThatTemporalAnswersAgainIsNeverParked() {
        ConfiguredPolicies policies = policies(Given.settings(Map.of(
                "tempost.delivery.on-ambiguous", "park",
                "tempost.workflows.orders.workflow-type", "OrderWorkflow",
                "tempost.workflows.notes.action", "signal",
                "tempost.workflows.anew.id-reuse-policy", "allow-duplicate",
                "tempost.event-types.order.provider", "orders",
                "tempost.event-types.note.provider", "notes",
                "tempost.event-types.anew.provider", "anew")));

        assertThat(policies.of("order").parkWhenAmbiguous()).isFalse();
        assertThat(policies.of("note").parkWhenAmbiguous()).isTrue();
        assertThat(policies.of("anew").parkWhenAmbiguous()).isTrue();
        assertThat(policies.of("welcome").parkWhenAmbiguous()).isTrue();
    }

    private static ConfiguredPolicies policies(TempostProperties properties) {
        return new ConfiguredPolicies(
                new Deliveries(properties), Given.fallbacks(properties), new RateLimits(properties));
    }
}
