package dev.tempost.app.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.app.config.TempostProperties;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.ProviderHealth.Down;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FallbacksTest {

    private static final Instant NOW = Instant.parse("2026-01-31T08:00:00Z");

    @Test
    void aFallbackSendsOnceTheOtherHasBeenDownForLongAndNoLongerThanThat() {
        Fallbacks fallbacks = fallbacks("ses.fallback", "bulk");

        assertThat(fallbacks.of("ses")).isEqualTo("ses");
        fallbacks.know(List.of(down("ses", "PT4M59S")));
        assertThat(fallbacks.of("ses")).as("not for long yet").isEqualTo("ses");
        fallbacks.know(List.of(down("ses", "PT5M")));
        assertThat(fallbacks.of("ses")).isEqualTo("bulk");
        assertThat(fallbacks.of("bulk")).isEqualTo("bulk");
        fallbacks.know(List.of());
        assertThat(fallbacks.of("ses")).as("back").isEqualTo("ses");
    }

    @Test
    void chainsEndAtTheFirstThatIsUpOrMayBeUpSoonAndAtTheBeginningWhereNoneIs() {
        Fallbacks fallbacks = fallbacks("ses.fallback", "bulk", "bulk.fallback", "third", "ses.fallback-after", "0s");

        fallbacks.know(List.of(down("ses", "PT0S")));
        assertThat(fallbacks.of("ses")).as("at once").isEqualTo("bulk");
        fallbacks.know(List.of(down("ses", "PT1H"), down("bulk", "PT1M")));
        assertThat(fallbacks.of("ses")).isEqualTo("bulk");
        fallbacks.know(List.of(down("ses", "PT1H"), down("bulk", "PT6M")));
        assertThat(fallbacks.of("ses")).isEqualTo("third");
        fallbacks.know(List.of(down("ses", "PT1H"), down("bulk", "PT6M"), down("third", "PT6M")));
        assertThat(fallbacks.of("ses")).isEqualTo("ses");
    }

    @Test
    void whatIsKnownToBeHeldForLongIsNotWaitedFor() {
        Fallbacks fallbacks = fallbacks("ses.fallback", "bulk");

        fallbacks.know(List.of(held("PT4M")));
        assertThat(fallbacks.of("ses")).isEqualTo("ses");
        fallbacks.know(List.of(held("PT8M")));
        assertThat(fallbacks.of("ses")).isEqualTo("bulk");
    }

    @Test
    void rowsAskAgainSoonOnlyWhileATakeoverCanStillCome() {
        Fallbacks fallbacks = fallbacks("ses.fallback", "bulk", "ses.fallback-after", "0s");

        assertThat(fallbacks.untilTakeover("ses")).isEqualTo(Duration.ofSeconds(2));
        assertThat(fallbacks.untilTakeover("bulk")).as("nobody stands in").isNull();
        fallbacks.know(List.of(down("ses", "PT1S"), down("bulk", "PT1S")));
        assertThat(fallbacks.untilTakeover("ses")).isEqualTo(Duration.ofSeconds(2));
        fallbacks.know(List.of(down("ses", "PT1H"), down("bulk", "PT1H")));
        assertThat(fallbacks.untilTakeover("ses")).as("all are down").isNull();
    }

    @Test
    void rowsAreClaimedForWhoeverStandsIn() {
        TempostProperties properties = properties("ses.fallback", "bulk");
        Deliveries deliveries = new Deliveries(properties);
        Fallbacks fallbacks = new Fallbacks(properties, deliveries, InstantSource.fixed(NOW));
        ConfiguredRouting routing = new ConfiguredRouting(properties, deliveries, fallbacks);

        fallbacks.know(List.of(down("ses", "PT1M")));
        assertThat(routing.deliverable(Set.of("ses"))).isEqualTo(new EventTypes(false, Set.of("magic")));
        fallbacks.know(List.of(down("ses", "PT10M")));
        assertThat(routing.deliverable(Set.of("ses"))).isEqualTo(EventTypes.all());
        assertThat(routing.provider("magic")).isEqualTo("bulk");
        assertThat(new ConfiguredPolicies(deliveries, fallbacks, new RateLimits(properties))
                        .of("magic")
                        .rateLimitedQueue())
                .as("the queue of a limit that its fallback does not have")
                .isNull();
    }

    @Test
    void whatCannotStandInIsSaid() {
        assertThatThrownBy(() -> fallbacks("ses.fallback", "gone"))
                .hasMessageContaining(
                        "tempost.providers.ses.fallback names provider 'gone', which is no mail provider");
        assertThatThrownBy(() -> fallbacks("ses.fallback", "bulk", "bulk.fallback", "ses"))
                .hasMessageContaining("fallback leads back to");
        assertThatThrownBy(() -> new Fallbacks(
                        withBatches("bulk.fallback", "ses"),
                        new Deliveries(withBatches("bulk.fallback", "ses")),
                        InstantSource.system()))
                .hasMessageContaining("tempost.providers.ses.rate-limit: it stands in for provider 'bulk'");
    }

    private static TempostProperties withBatches(String... settings) {
        Map<String, String> all = new HashMap<>(given(settings));
        all.put("tempost.event-types.news.lane", "bulk");
        return Given.providers(all);
    }

    private static Fallbacks fallbacks(String... settings) {
        TempostProperties properties = properties(settings);
        return new Fallbacks(properties, new Deliveries(properties), InstantSource.fixed(NOW));
    }

    private static TempostProperties properties(String... settings) {
        return Given.providers(given(settings));
    }

    private static Map<String, String> given(String... settings) {
        Map<String, String> given = new HashMap<>(Map.of(
                "tempost.providers.third.host", "third.example", "tempost.providers.third.from", "mail@example.com"));
        List<String> words = Arrays.asList(settings);
        for (int i = 0; i < words.size(); i += 2) {
            given.put("tempost.providers." + words.get(i), words.get(i + 1));
        }
        return given;
    }

    private static Down held(String until) {
        return new Down("ses", NOW, NOW.plus(Duration.parse(until)), 0, true, "Throttled", "452 quota");
    }

    private static Down down(String provider, String since) {
        return new Down(provider, NOW.minus(Duration.parse(since)), NOW, 1, false, "ProviderUnavailable", "no answer");
    }
}
