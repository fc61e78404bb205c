package dev.tempost.app.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.config.TempostProperties;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RateLimitsTest {

    @Test
    void aProviderWithARateLimitHasAQueueOfItsOwn() {
        RateLimits limits = new RateLimits(Given.providers(Map.of()));

        assertThat(limits.queue("ses")).isEqualTo("acme-provider-ses");
        assertThat(limits.queue("bulk")).isNull();
        assertThat(limits.queue("default")).isNull();
        assertThat(limits.queue("nobody")).isNull();
        assertThat(limits.queues()).containsExactly(Map.entry("acme-provider-ses", 14.0));
    }

    @Test
    void theDefaultProviderMayHaveOneToo() {
        assertThat(new RateLimits(Given.settings(Map.of("tempost.providers.default.rate-limit", "0.5"))).queues())
                .containsExactly(Map.entry("tempost-provider-default", 0.5));
    }

    @Test
    void soMayAWebhook() {
        assertThat(new RateLimits(Given.settings(Map.of(
                                "tempost.webhooks.crm.url", "https://crm.example/",
                                "tempost.webhooks.crm.rate-limit", "2.5")))
                        .queues())
                .containsExactly(Map.entry("tempost-provider-crm", 2.5));
    }

    @Test
    void twoSecondsWorthOfARateLimitMayBeInFlight() {
        assertThat(inFlight(Map.of("tempost.providers.default.rate-limit", "14")))
                .isEqualTo(28);
        assertThat(inFlight(Map.of("tempost.providers.default.rate-limit", "0.7")))
                .isEqualTo(4);
        assertThat(inFlight(Map.of("tempost.providers.default.rate-limit", "0.01")))
                .isEqualTo(4);
        assertThat(inFlight(Map.of())).isNull();
        assertThat(inFlight(Map.of(
                        "tempost.providers.default.rate-limit", "14",
                        "tempost.providers.default.in-flight", "5")))
                .isEqualTo(5);
    }

    private static @Nullable Integer inFlight(Map<String, String> settings) {
        return RateLimits.inFlight(
                Objects.requireNonNull(Given.settings(settings).providers().get(TempostProperties.DEFAULT_PROVIDER)));
    }
}
