package dev.tempost.demo.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    private static final String PAGE = "docs/benchmarks.md";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path repository;

    @BeforeEach
    void prose() throws Exception {
        Files.createDirectories(Report.results(repository));
        Files.writeString(
                repository.resolve("docs/benchmarks/benchmarks.md.in"),
                "Before.\n\n<!-- peers throughput -->\n\nBetween.\n\n<!-- peers kill -->\n\nAfter.\n");
    }

    @Test
    void aCellIsTheMedianOfTheRoundsWithItsRange() throws Exception {
        result(
                "2026-11-27T1200",
                Scenario.THROUGHPUT,
                List.of(
                        figure("db-scheduler-tuned", 1, "missing", 0),
                        figure("db-scheduler-tuned", 1, "per_second", 1000),
                        figure("db-scheduler-tuned", 2, "per_second", 1420.4),
                        figure("db-scheduler-tuned", 3, "per_second", 1500)));

        assertThat(Report.files(repository).get(PAGE))
                .contains("| db-scheduler-tuned | 1,420 (1,000 to 1,500) |")
                .contains("](images/peers/throughput-50.svg)")
                .contains("machine two cores");
    }

    @Test
    void whatDidNotComeInTimeIsSaidInsteadOfAFigure() throws Exception {
        result(
                "2026-11-27T1200",
                Scenario.THROUGHPUT,
                List.of(
                        figure("slow", 1, "rows", 5000),
                        figure("slow", 1, "missing", 4588),
                        figure("slow", 1, "limit_s", 120),
                        figure("slow", 1, "per_second", 3.4)));

        assertThat(Report.files(repository).get(PAGE))
                .contains("412 of 5,000 in 120 s")
                .doesNotContain("3.40");
    }

    @Test
    void theNewestFileOfAScenarioIsTaken() throws Exception {
        result("2026-11-27T1200", Scenario.KILL, List.of(figure("older", 1, "seconds", 1)));
        result("2026-11-27T1201", Scenario.KILL, List.of(figure("newer", 1, "seconds", 2)));

        assertThat(Report.files(repository).get(PAGE)).contains("newer").doesNotContain("older");
    }

    @Test
    void aScenarioWithoutAFileIsNotMeasuredYetAndTheProseStays() throws Exception {
        assertThat(Report.files(repository))
                .containsExactlyEntriesOf(
                        Map.of(PAGE, "Before.\n\nNot measured yet.\n\nBetween.\n\nNot measured yet.\n\nAfter.\n"));
    }

    /** What the prose and the result files of this repository say is what the page and its drawings say. */
    @Test
    void thePageIsWrittenAnew() throws Exception {
        Path root = Path.of("..");
        Report.files(root)
                .forEach((path, text) -> assertThat(root.resolve(path))
                        .as("write it anew: ./tempost bench report")
                        .content()
                        .isEqualTo(text));
    }

    private void result(String time, Scenario scenario, List<ResultFile.Figure> figures) throws Exception {
        Path file = Report.results(repository).resolve(ResultFile.name(time, scenario));
        ResultFile.begin(file, Map.of("machine", "two cores"));
        ResultFile.append(file, figures);
    }

    private static ResultFile.Figure figure(String contender, int round, String name, double value) {
        return new ResultFile.Figure(contender, 50, round, name, value);
    }
}
