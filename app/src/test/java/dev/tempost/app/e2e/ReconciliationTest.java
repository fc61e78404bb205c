package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.engine.Dependency;
import dev.tempost.app.engine.DependencyHealth;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.ReconcileResult;
import dev.tempost.workflows.ReconcileWorkflow;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflowservice.v1.DeleteWorkflowExecutionRequest;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.schedules.ScheduleActionExecutionStartWorkflow;
import io.temporal.client.schedules.ScheduleActionResult;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.client.schedules.ScheduleHandle;
import io.temporal.client.schedules.ScheduleIntervalSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** Rows and workflows that no longer say the same, on the real server. */
class ReconciliationTest {

    private static final Duration FOUND_WITHIN = Duration.ofSeconds(60);
    private static final String BUSY = "451 4.3.0 busy";

    @Test
    void aWorkflowTerminatedBetweenTwoAttemptsFailsItsRowAndIsNotSentAgain() {
        try (Installation tempost = installation().with("tempost.delivery.initial-interval", "1h")) {
            tempost.migrated().start();
            long id = waitingForItsSecondAttempt(tempost, "ada@example.com");

            tempost.temporal(
                    "workflow", "terminate", "--workflow-id", tempost.row(id).workflowId());

            Rows.Row row = awaitStatus(tempost, id, RowStatus.FAILED);
            assertThat(row.lastErrorType()).isEqualTo(FailureType.WORKFLOW_LOST);
            assertThat(row.lastError())
                    .contains("terminated")
                    .contains("retry the row")
                    .contains("dismiss");
            tempost.smtp.behave();
            assertThat(tempost.rows.attempts(id)).hasSize(1);
            assertThat(tempost.smtp.received()).isZero();

            assertThat(tempost.rows.retry(id)).isTrue();
            tempost.awaitStatus(id, RowStatus.DELIVERED);
            assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
        }
    }

    @Test
    void aWorkflowDeletedBetweenTwoAttemptsIsDispatchedAnewAndSentOnce() {
        try (Installation tempost = installation().with("tempost.delivery.initial-interval", "1h")) {
            tempost.migrated().start();
            long id = waitingForItsSecondAttempt(tempost, "ada@example.com");
            tempost.smtp.behave();

            delete(tempost, id);

            awaitStatus(tempost, id, RowStatus.DELIVERED);
            assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
            assertThat(tempost.rows.attempts(id))
                    .extracting(Rows.Attempt::phase)
                    .containsExactly("transient", "accepted");
        }
    }

    @Test
    void afterTemporalsDatabaseIsLostWaitingRowsAreDeliveredOnceAndDeliveredOnesAreNotSentAgain() {
        int port = Ports.any();
        Path folder = Stack.folder();
        EmbeddedTemporal temporal =
                EmbeddedTemporal.start(port, 0, folder.resolve("temporal.log"), null, System.err::println);
        try (Installation tempost = new Installation(temporal.target())
                .with("tempost.reconciliation.interval", "2s")
                .with("tempost.delivery.initial-interval", "1h")) {
            ConfigurableApplicationContext context = tempost.migrated().start();
            long[] delivered = IntStream.range(0, 5)
                    .mapToLong(i -> tempost.welcome("delivered" + i + "@example.com"))
                    .toArray();
            LongStream.of(delivered).forEach(id -> tempost.awaitStatus(id, RowStatus.DELIVERED));
            long[] waiting = IntStream.range(0, 5)
                    .mapToLong(i -> waitingForItsSecondAttempt(tempost, "waiting" + i + "@example.com"))
                    .toArray();
            temporal.close();
            await("Temporal to be missed")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> !context.getBean(DependencyHealth.class).up(Dependency.TEMPORAL));
            tempost.smtp.behave();

            temporal = EmbeddedTemporal.start(port, 0, folder.resolve("temporal2.log"), null, System.err::println);

            LongStream.of(waiting).forEach(id -> awaitStatus(tempost, id, RowStatus.DELIVERED));
            IntStream.range(0, 5).forEach(i -> {
                assertThat(tempost.smtp.received("delivered" + i + "@example.com"))
                        .isEqualTo(1);
                assertThat(tempost.smtp.received("waiting" + i + "@example.com"))
                        .isEqualTo(1);
            });
            tempost.schedules()
                    .wanted()
                    .forEach(schedule -> assertThat(tempost.schedules()
                                    .handle(schedule)
                                    .describe()
                                    .getId())
                            .isEqualTo(schedule.id()));
            assertThat(tempost.temporal("operator", "search-attribute", "list"))
                    .contains("TempostTenant", "TempostEventType", "TempostJob");
        } finally {
            temporal.close();
        }
    }

    @Test
    void aRowPutBackToPendingTakesTheResultOfItsCompletedWorkflow() {
        try (Installation tempost = installation()) {
            tempost.migrated().start();
            long id = tempost.welcome("ada@example.com");
            tempost.awaitStatus(id, RowStatus.DELIVERED);
            tempost.awaitClosed(id);
            String forget = "DELETE FROM tempost.attempt WHERE outbox_id = ?";

            tempost.execute(forget, id);
            tempost.execute(
                    "UPDATE tempost.outbox SET status = 'pending', finished_at = NULL, run_id = NULL WHERE id = ?", id);
            Rows.Row claimed = awaitStatus(tempost, id, RowStatus.DELIVERED);

            assertThat(claimed.reason()).isEqualTo("taken from the result of its workflow");
            assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
        }
    }

    @Test
    void aRowPutBackToDispatchedTakesTheResultOfItsCompletedWorkflow() {
        try (Installation tempost = installation()) {
            tempost.migrated().start();
            long id = tempost.welcome("ada@example.com");
            tempost.awaitStatus(id, RowStatus.DELIVERED);
            tempost.awaitClosed(id);

            tempost.execute("DELETE FROM tempost.attempt WHERE outbox_id = ?", id);
            tempost.execute(
                    "UPDATE tempost.outbox SET status = 'dispatched', finished_at = NULL, run_id = NULL WHERE id = ?",
                    id);

            assertThat(awaitStatus(tempost, id, RowStatus.DELIVERED).reason())
                    .isEqualTo("taken from the result of its workflow");
            assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
        }
    }

    @Test
    void aRowPutBackWhoseWorkflowFailedTakesItsFailure() {
        try (Installation tempost = installation()) {
            tempost.migrated().start();
            tempost.smtp.onRecipient("nobody@example.com").reply("550 5.1.1 user unknown");
            long id = tempost.welcome("nobody@example.com");
            tempost.awaitStatus(id, RowStatus.FAILED);
            tempost.awaitClosed(id);
            tempost.smtp.behave();

            tempost.execute(
                    "UPDATE tempost.outbox SET status = 'dispatched', finished_at = NULL, last_error_type = NULL WHERE id = ?",
                    id);

            Rows.Row row = awaitStatus(tempost, id, RowStatus.FAILED);
            assertThat(row.lastErrorType()).isEqualTo(FailureType.MAILBOX_UNKNOWN);
            assertThat(row.lastError()).contains("550 5.1.1");
            assertThat(tempost.smtp.received()).isZero();
        }
    }

    @Test
    void whatTheLedgerSaysWasAcceptedIsDeliveredEvenIfItsWorkflowWasDeleted() {
        try (Installation tempost = installation()) {
            tempost.migrated().start();
            long id = tempost.welcome("ada@example.com");
            tempost.awaitStatus(id, RowStatus.DELIVERED);
            tempost.awaitClosed(id);
            delete(tempost, id);
            await("the workflow to be gone")
                    // Temporal deletes in the background, at its leisure
                    .atMost(Installation.TIMEOUT.multipliedBy(4))
                    .untilAsserted(() -> assertThatThrownBy(() -> tempost.describe(id))
                            .isInstanceOf(StatusRuntimeException.class)
                            .hasMessageContaining("NOT_FOUND"));

            tempost.execute("UPDATE tempost.outbox SET status = 'dispatched', finished_at = NULL WHERE id = ?", id);

            assertThat(awaitStatus(tempost, id, RowStatus.DELIVERED).reason())
                    .isEqualTo("the ledger has its acceptance");
            assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
        }
    }

    @Test
    void aRowThatCannotBeUnderstoodKeepsNoOtherFromBeingRepaired() {
        try (Installation tempost = installation().with("tempost.delivery.initial-interval", "1h")) {
            tempost.migrated().start();
            long waiting = waitingForItsSecondAttempt(tempost, "ada@example.com");
            // somebody else's workflow under the name of a row: its result is none of ours
            long strange = tempost.insert(
                    "INSERT INTO tempost.outbox (event_type, status, dispatched_at) VALUES ('welcome', 'dispatched',"
                            + " now() - interval '1 minute') RETURNING id");
            tempost.client
                    .newUntypedWorkflowStub(
                            ReconcileWorkflow.TYPE,
                            WorkflowOptions.newBuilder()
                                    .setWorkflowId(tempost.row(strange).workflowId())
                                    .setTaskQueue(tempost.settings().get("tempost.temporal.task-queue"))
                                    .build())
                    .start();
            tempost.awaitClosed(strange);

            delete(tempost, waiting);

            tempost.smtp.behave();
            awaitStatus(tempost, waiting, RowStatus.DELIVERED);
            assertThat(tempost.row(strange).status()).isEqualTo(RowStatus.DISPATCHED);
        }
    }

    @Test
    void whatWasFinishedLongAgoLeavesAndWhatFailedStays() {
        try (Installation tempost = installation()) {
            tempost.migrated();
            tempost.execute("INSERT INTO tempost.outbox (event_type, status, finished_at)"
                    + " SELECT 'welcome', status, now() - interval '31 days' FROM generate_series(1, 600),"
                    + " unnest(ARRAY['delivered', 'cancelled', 'failed']) status");
            tempost.start();
            tempost.trigger("retain");

            tempost.awaitAll(RowStatus.DELIVERED, 0);
            tempost.awaitAll(RowStatus.CANCELLED, 0);
            tempost.awaitAll(RowStatus.FAILED, 600);
        }
    }

    @Test
    void aRunThatFindsNothingSaysSoInTemporal() {
        try (Installation tempost = installation().with("tempost.delivery.initial-interval", "1h")) {
            tempost.migrated().start();
            waitingForItsSecondAttempt(tempost, "ada@example.com");

            await("a run that saw the row")
                    .atMost(FOUND_WITHIN)
                    .ignoreExceptionsMatching(ReconciliationTest::hasNotRunYet)
                    .until(() -> lastResult(tempost).waiting() == 1);

            assertThat(lastResult(tempost)).isEqualTo(new ReconcileResult(1, 1, 0, false, Map.of(), List.of()));
            assertThat(tempost.row(1).status()).isEqualTo(RowStatus.DISPATCHED);
        }
    }

    @Test
    void schedulesThatAreDeletedOrChangedComeBackAndAPausedOneStaysPaused() {
        try (Installation tempost = installation()) {
            tempost.migrated().start();
            ScheduleHandle reconcile =
                    tempost.schedules().handle(tempost.schedules().wanted().getFirst());
            ScheduleHandle retain =
                    tempost.schedules().handle(tempost.schedules().wanted().getLast());
            await("the schedules")
                    .atMost(Installation.TIMEOUT)
                    .ignoreExceptionsInstanceOf(ScheduleException.class)
                    .until(() -> retain.describe().getId() != null);
            reconcile.pause("an operator's reason");
            retain.delete();
            tempost.stopAll();

            tempost.with("tempost.reconciliation.interval", "7s").start();

            await("the new interval")
                    .atMost(Installation.TIMEOUT)
                    .untilAsserted(() -> assertThat(
                                    reconcile.describe().getSchedule().getSpec().getIntervals())
                            .extracting(ScheduleIntervalSpec::getEvery)
                            .isEqualTo(List.of(Duration.ofSeconds(7))));
            assertThat(reconcile.describe().getSchedule().getState().isPaused()).isTrue();
            await("the deleted schedule")
                    .atMost(Installation.TIMEOUT)
                    .ignoreExceptionsInstanceOf(ScheduleException.class)
                    .until(() -> retain.describe().getId() != null);
        }
    }

    private static Installation installation() {
        return new Installation().with("tempost.reconciliation.interval", "2s");
    }

    private static long waitingForItsSecondAttempt(Installation tempost, String address) {
        tempost.smtp.onRecipient(address).reply(BUSY);
        long id = tempost.welcome(address);
        await("its second attempt to be waited for")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.row(id).attempts() == 1
                        && tempost.status(id) == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
                        && tempost.describe(id).getPendingActivitiesCount() == 1);
        return id;
    }

    /** As {@code temporal workflow delete} does, which asks a person first. */
    private static void delete(Installation tempost, long id) {
        tempost.stubs
                .blockingStub()
                .deleteWorkflowExecution(DeleteWorkflowExecutionRequest.newBuilder()
                        .setNamespace("default")
                        .setWorkflowExecution(WorkflowExecution.newBuilder()
                                .setWorkflowId(tempost.row(id).workflowId()))
                        .build());
    }

    private static Rows.Row awaitStatus(Installation tempost, long id, RowStatus status) {
        await("row " + id + " to become " + status)
                .atMost(FOUND_WITHIN)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(tempost.row(id).status()).isEqualTo(status));
        return tempost.row(id);
    }

    /** The engine makes its schedules while it starts, and their first run comes later still. */
    private static boolean hasNotRunYet(Throwable thrown) {
        return thrown instanceof ScheduleException || thrown instanceof NoSuchElementException;
    }

    private static ReconcileResult lastResult(Installation tempost) {
        ScheduleActionResult last = tempost.schedules()
                .handle(tempost.schedules().wanted().getFirst())
                .describe()
                .getInfo()
                .getRecentActions()
                .getLast();
        return tempost.client
                .newUntypedWorkflowStub(((ScheduleActionExecutionStartWorkflow) last.getAction()).getWorkflowId())
                .getResult(ReconcileResult.class);
    }
}
