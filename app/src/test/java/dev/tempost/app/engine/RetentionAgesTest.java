package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.config.TempostProperties.Retention;
import dev.tempost.outbox.rows.RowStatus;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RetentionAgesTest {

    private static final Duration MONTH = Duration.ofDays(30);

    @Test
    void everyFinishedRowIsKeptAsLongButFailedOnes() {
        assertThat(RetentionAges.of(new Retention(MONTH, Duration.ZERO, Map.of()))
                        .removed())
                .isEqualTo(Map.of(
                        RowStatus.DELIVERED, MONTH,
                        RowStatus.CANCELLED, MONTH,
                        RowStatus.EXPIRED, MONTH,
                        RowStatus.SUPERSEDED, MONTH,
                        RowStatus.SUPPRESSED, MONTH,
                        RowStatus.DISMISSED, MONTH,
                        RowStatus.FAILED, Duration.ZERO));
    }
}
