package dev.tempost.app.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeliveriesTest {

    @Test
    void anEventTypeIsDeliveredAsAllAreWhereItSaysNothing() {
        Deliveries deliveries = new Deliveries(Given.settings(Map.of(
                "tempost.delivery.max-attempts", "5",
                "tempost.event-types.magic.initial-interval", "1s")));

        assertThat(deliveries.of("magic").initialInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(deliveries.of("magic").maxAttempts()).isEqualTo(5);
        assertThat(deliveries.of("welcome").initialInterval()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void theLongestWaitIsThatOfTheMostPatientEventTypeOrServer() {
        assertThat(new Deliveries(Given.settings(Map.of("tempost.delivery.max-interval", "10m"))).longestWait())
                .as("what a server may ask for")
                .isEqualTo(Duration.ofHours(1));
        assertThat(new Deliveries(Given.settings(Map.of("tempost.event-types.magic.max-interval", "5h"))).longestWait())
                .isEqualTo(Duration.ofHours(5));
    }

    @Test
    void whatGoesToAWebhookIsNoMail() {
        Deliveries deliveries = new Deliveries(Given.providers(Map.of(
                "tempost.webhooks.crm.url", "https://crm.example/", "tempost.event-types.signed.provider", "crm")));

        assertThat(deliveries.byMail("signed")).isFalse();
        assertThat(deliveries.byMail("magic")).isTrue();
        assertThat(deliveries.byMail("anything else")).isTrue();
    }

    @Test
    void mailHeedsTheSuppressionListAndNobodyIgnoresMoreThanThatSomebodyUnsubscribed() {
        Deliveries deliveries = new Deliveries(Given.providers(Map.of(
                "tempost.webhooks.crm.url", "https://crm.example/",
                "tempost.event-types.signed.provider", "crm",
                "tempost.event-types.magic.ignore-unsubscribed", "true")));

        assertThat(deliveries.suppressing("anything")).containsExactlyInAnyOrder(SuppressionReason.values());
        assertThat(deliveries.suppressing("magic"))
                .containsExactlyInAnyOrder(
                        SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL);
        assertThat(deliveries.suppressing("signed")).isEmpty();
    }

    @Test
    void aProviderIsUsedWhenSomeEventTypeGoesThroughIt() {
        assertThat(new Deliveries(Given.providers(Map.of())).providers())
                .containsExactlyInAnyOrder("default", "ses", "bulk");
        assertThat(new Deliveries(Given.providers(Map.of("tempost.delivery.provider", "bulk"))).providers())
                .containsExactlyInAnyOrder("ses", "bulk");
    }
}
