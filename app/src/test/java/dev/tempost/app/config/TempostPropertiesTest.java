package dev.tempost.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.EventTypes;
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

    @Test
    void anEventTypeOfAProviderWithARateLimitIsSentFromAQueueOfItsOwn() {
        TempostProperties properties = bound(Map.of(
                "tempost.providers.ses.host", "ses.example",
                "tempost.providers.ses.from", "mail@example.com",
                "tempost.providers.ses.rate-limit", "14",
                "tempost.providers.bulk.host", "bulk.example",
                "tempost.providers.bulk.from", "mail@example.com",
                "tempost.event-types.magic.provider", "ses",
                "tempost.event-types.news.provider", "bulk",
                "tempost.temporal.task-queue", "acme"));

        assertThat(properties.policy("magic").rateLimitedQueue()).isEqualTo("acme-provider-ses");
        assertThat(properties.policy("news").rateLimitedQueue()).isNull();
        assertThat(properties.policy("welcome").rateLimitedQueue()).isNull();
        assertThat(properties.rateLimitedQueues()).containsExactly(Map.entry("acme-provider-ses", 14.0));
    }

    @Test
    void theDefaultProvidersRateLimitIsThatOfMail() {
        TempostProperties properties = bound(Map.of("tempost.mail.rate-limit", "0.5"));

        assertThat(properties.policy("welcome").rateLimitedQueue()).isEqualTo("tempost-provider-default");
        assertThat(properties.rateLimitedQueues()).containsExactly(Map.entry("tempost-provider-default", 0.5));
    }

    @Test
    void twoSecondsWorthOfARateLimitMayBeInFlight() {
        assertThat(limited("14").inFlightLimit("default")).isEqualTo(28);
        assertThat(limited("0.7").inFlightLimit("default")).isEqualTo(4);
        assertThat(limited("0.01").inFlightLimit("default")).isEqualTo(4);
        assertThat(bound(Map.of()).inFlightLimit("default")).isNull();
        assertThat(bound(Map.of("tempost.mail.rate-limit", "14", "tempost.mail.in-flight", "5"))
                        .inFlightLimit("default"))
                .isEqualTo(5);
        assertThat(limited("14").claimRules().providers())
                .extracting(ClaimRules.ProviderLimit::inFlight)
                .containsExactly(28);
    }

    private static TempostProperties limited(String rate) {
        return bound(Map.of("tempost.mail.rate-limit", rate));
    }

    private static TempostProperties bound(Map<String, String> settings) {
        return new Binder(new MapConfigurationPropertySource(settings))
                .bindOrCreate("tempost", TempostProperties.class);
    }
}
