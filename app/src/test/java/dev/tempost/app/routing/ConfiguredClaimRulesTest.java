package dev.tempost.app.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.config.TempostProperties;
import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.EventTypes;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ConfiguredClaimRulesTest {

    @Test
    void theEventTypesOfAProviderWithARateLimitShareItsPlaces() {
        assertThat(rules(Given.providers(Map.of())).providers())
                .containsExactly(new ClaimRules.ProviderLimit(new EventTypes(true, Set.of("magic")), 28));
    }

    @Test
    void theDefaultProviderLimitsWhateverGoesNowhereElse() {
        assertThat(rules(Given.settings(Map.of(
                                "tempost.providers.default.in-flight", "3",
                                "tempost.event-types.news.provider", "bulk")))
                        .providers())
                .containsExactly(new ClaimRules.ProviderLimit(new EventTypes(false, Set.of("news")), 3));
    }

    @Test
    void aFailedRowIsSkippedWhereThatIsWanted() {
        assertThat(rules(Given.settings(Map.of("tempost.event-types.news.on-failed", "skip"))))
                .extracting(ClaimRules::skipping)
                .isEqualTo(new EventTypes(true, Set.of("news")));
    }

    @Test
    void tenantsHaveTheirShares() {
        assertThat(rules(Given.settings(Map.of("tempost.tenants.club.weight", "3"))))
                .extracting(ClaimRules::tenants)
                .isEqualTo(Map.of("club", new ClaimRules.Share(3, null)));
    }

    private static ClaimRules rules(TempostProperties properties) {
        return ConfiguredClaimRules.of(properties, new Deliveries(properties));
    }
}
