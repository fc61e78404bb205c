package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.testing.TestDatabase;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProviderHealthTest {

    private static final Duration LATER = Duration.ofMinutes(1);

    private final TestDatabase database = TestDatabase.create();
    private final ProviderHealth providers = new ProviderHealth(database.dataSource());

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void nobodyIsDownUntilSomebodySaysSo() {
        assertThat(providers.down()).isEmpty();
        assertThat(providers.takeDown("smtp", "ProviderUnavailable", "421 busy", LATER))
                .isTrue();
        assertThat(providers.down()).singleElement().satisfies(down -> {
            assertThat(down.provider()).isEqualTo("smtp");
            assertThat(down.errorType()).isEqualTo("ProviderUnavailable");
            assertThat(down.error()).isEqualTo("421 busy");
            assertThat(down.probes()).isZero();
            assertThat(down.probeAt()).isAfter(down.since());
        });
    }

    @Test
    void theFirstToTakeItDownSaysWhy() {
        providers.takeDown("smtp", "ProviderUnavailable", "421 busy", LATER);
        assertThat(providers.takeDown("smtp", "CredentialsRejected", "535 no", Duration.ZERO))
                .isFalse();
        assertThat(providers.down().getFirst().error()).isEqualTo("421 busy");
        assertThat(providers.takeProbe("smtp", LATER)).isFalse();
    }

    @Test
    void oneReplicaProbesOnceItIsDue() {
        providers.takeDown("smtp", "ProviderUnavailable", "421 busy", Duration.ZERO);
        assertThat(providers.takeProbe("smtp", LATER)).isTrue();
        assertThat(providers.takeProbe("smtp", LATER)).isFalse();
    }

    @Test
    void aProbeThatFailsLeavesItDownAndIsCounted() {
        providers.takeDown("smtp", "ProviderUnavailable", "421 busy", Duration.ZERO);
        providers.probeFailed("smtp", "CredentialsRejected", "535 no", Duration.ZERO);
        assertThat(providers.down().getFirst())
                .extracting(ProviderHealth.Down::probes, ProviderHealth.Down::error)
                .containsExactly(1, "535 no");
        assertThat(providers.takeProbe("smtp", LATER)).isTrue();
    }

    @Test
    void broughtUpItIsForgottenAndMayGoDownAgain() {
        providers.takeDown("smtp", "ProviderUnavailable", "421 busy", Duration.ZERO);
        providers.probeFailed("smtp", "ProviderUnavailable", "421 busy", Duration.ZERO);
        providers.bringUp("smtp");
        assertThat(providers.down()).isEmpty();
        providers.probeFailed("smtp", "ProviderUnavailable", "too late", Duration.ZERO);
        assertThat(providers.down()).isEmpty();
        assertThat(providers.takeProbe("smtp", LATER)).isFalse();
        assertThat(providers.takeDown("smtp", "ProviderUnavailable", "421 again", LATER))
                .isTrue();
        assertThat(providers.down().getFirst().probes()).isZero();
    }

    @Test
    void aHeldProviderIsLeftAloneAndThenReleasedWithoutAProbe() {
        assertThat(providers.hold("smtp", "Throttled", "450 4.7.0 slow down", Duration.ZERO))
                .isTrue();
        assertThat(providers.down().getFirst().hold()).isTrue();
        assertThat(providers.takeProbe("smtp", LATER)).isFalse();

        assertThat(providers.release("smtp")).isTrue();

        assertThat(providers.down()).isEmpty();
        assertThat(providers.release("smtp")).isFalse();
        assertThat(providers.takeDown("smtp", "ProviderUnavailable", "421 busy", Duration.ZERO))
                .isTrue();
        assertThat(providers.down().getFirst().hold()).isFalse();
        assertThat(providers.takeProbe("smtp", LATER)).isTrue();
    }

    @Test
    void aHoldLastsAsLongAsTheProviderAskedForAndChangesNoOther() {
        providers.hold("smtp", "Throttled", "450 4.7.0 slow down", LATER);
        assertThat(providers.release("smtp")).isFalse();
        assertThat(providers.hold("smtp", "Throttled", "450 4.7.0 once more", Duration.ZERO))
                .isFalse();
        assertThat(providers.release("smtp")).isFalse();

        providers.takeDown("other", "ProviderUnavailable", "421 busy", Duration.ZERO);
        assertThat(providers.release("other")).isFalse();
    }

    @Test
    void whatAnOperatorHoldsIsNotUsedBecauseAProbeOfBeforeSucceeded() {
        providers.takeDown("smtp", "ProviderUnavailable", "connection refused", Duration.ZERO);
        assertThat(providers.takeProbe("smtp", Duration.ofMinutes(1))).isTrue();
        providers.hold("smtp", OffsetDateTime.now(ZoneOffset.UTC).plusHours(1), "quota used up", "ada");
        providers.bringUp("smtp");
        ProviderHealth.Down held = providers.down().getFirst();
        assertThat(held.hold()).isTrue();
        assertThat(held.error()).isEqualTo("held by ada: quota used up");
        assertThat(providers.release("smtp")).as("before its end").isFalse();
        assertThat(providers.hurry("smtp", "grace")).isTrue();
        assertThat(providers.release("smtp")).isTrue();
        assertThat(providers.down()).isEmpty();
    }
}
