package dev.tempost.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What {@code ./mvnw -Pchaos verify} runs, on the built jar. */
@EnabledIfSystemProperty(named = "tempost.chaos.jar", matches = ".+", disabledReason = "it belongs to profile chaos")
class LongChaosTest {

    private static final double LEAST_ROWS_A_MINUTE = 20_000 / 60.0;
    private static final double LEAST_KILLS_A_MINUTE = 200 / 60.0;

    @Test
    void killsAndFaultsLoseNothingAndDoubleNothingUnseen() throws Exception {
        Duration duration = Duration.parse(System.getProperty("tempost.chaos.duration", "PT1H"));
        Path folder = Path.of(System.getProperty("tempost.chaos.reports", "target/chaos/long"));

        Report report = ChaosRun.of(Plan.ofLength(ChaosRun.seed(), duration), folder);

        Soundness.of(report);
        assertThat(report.allKills()).as("kills").isGreaterThanOrEqualTo((int)
                (LEAST_KILLS_A_MINUTE * duration.toMinutes()));
        assertThat(report.counts().rows()).as("rows").isGreaterThanOrEqualTo((int)
                (LEAST_ROWS_A_MINUTE * duration.toMinutes()));
    }
}
