package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeliveryPolicyTest {

    private static final DeliveryPolicy POLICY = new DeliveryPolicy(
            Duration.ofSeconds(2), 2.5, Duration.ofMinutes(1), 8, Duration.ofSeconds(30), false, null);

    @Test
    void theFirstWaitIsTheInitialInterval() {
        assertThat(POLICY.waitAfter(1)).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void eachWaitIsLongerByTheFactor() {
        assertThat(POLICY.waitAfter(2)).isEqualTo(Duration.ofSeconds(5));
        assertThat(POLICY.waitAfter(3)).isEqualTo(Duration.ofMillis(12_500));
    }

    @Test
    void noWaitIsLongerThanTheLongest() {
        assertThat(POLICY.waitAfter(5)).isEqualTo(Duration.ofMinutes(1));
        assertThat(POLICY.waitAfter(Integer.MAX_VALUE)).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void anAttemptBelowOneCountsAsTheFirst() {
        assertThat(POLICY.waitAfter(0)).isEqualTo(POLICY.waitAfter(1));
    }

    @Test
    void anInitialIntervalAboveTheLongestIsCapped() {
        DeliveryPolicy policy =
                new DeliveryPolicy(Duration.ofHours(2), 1, Duration.ofHours(1), 0, Duration.ofSeconds(30), true, null);

        assertThat(policy.waitAfter(1)).isEqualTo(Duration.ofHours(1));
    }
}
