package dev.tempost.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.OneAtATime;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A small run in every build; {@code ./mvnw -Pchaos verify} makes a long one. */
@OneAtATime
class ChaosTest {

    @Test
    void aMinuteOfKillsAndFaultsLosesNothingAndDoublesNothingUnseen() throws Exception {
        Report report = ChaosRun.of(Plan.small(ChaosRun.seed()), Path.of("target", "chaos", "small"));

        Soundness.of(report);
        assertThat(report.allKills()).as("kills").isGreaterThanOrEqualTo(10);
        assertThat(report.kills()).containsOnlyKeys("tempost", "temporal", "postgresql");
        assertThat(report.counts().rows()).as("rows").isGreaterThan(200);
        assertThat(report.counts().statuses()).containsKeys("delivered", "cancelled", "expired");
        assertThat(report.counts().rolledBack()).as("rolled back").isPositive();
    }
}
