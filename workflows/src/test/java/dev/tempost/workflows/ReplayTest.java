package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.common.SearchAttributeKey;
import io.temporal.common.WorkflowExecutionHistory;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.testing.WorkflowReplayer;
import io.temporal.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Histories that a real server has recorded, see {@link RecordHistoriesTest}: deliveries that outlive a rollout. */
class ReplayTest {

    private static final Path HISTORIES = Path.of("src/test/resources/histories");

    @ParameterizedTest
    @MethodSource("histories")
    void everyRecordedHistoryReplays(Path history) throws Exception {
        try (TestWorkflowEnvironment temporal = TestWorkflowEnvironment.newInstance()) {
            Worker worker = temporal.newWorker("replayed");
            worker.registerWorkflowImplementationFactory(
                    DeliveryWorkflow.class,
                    () -> new DeliveryWorkflowImpl(SearchAttributeKey.forKeyword("TempostFailureType")));
            WorkflowReplayer.replayWorkflowExecution(
                    WorkflowExecutionHistory.fromJson(Files.readString(history)), worker);
        }
    }

    @Test
    void everyEndOfADeliveryIsRecorded() throws IOException {
        assertThat(histories().map(path -> path.getFileName().toString()))
                .contains(
                        "cancelled-by-signal-while-waiting.json",
                        "cancelled-by-temporal-while-waiting.json",
                        "delivered-after-two-transient-failures.json",
                        "delivered-at-first-try.json",
                        "expired.json",
                        "failed-permanently.json",
                        "failed-for-another-reason-then-delivered.json",
                        "sent-now.json",
                        "reset-to-first-task-then-delivered.json",
                        "reset-to-last-task-then-delivered.json");
    }

    static Stream<Path> histories() throws IOException {
        try (Stream<Path> files = Files.list(HISTORIES)) {
            List<Path> histories = files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
            assertThat(histories).as("recorded histories in %s", HISTORIES).isNotEmpty();
            return histories.stream();
        }
    }
}
