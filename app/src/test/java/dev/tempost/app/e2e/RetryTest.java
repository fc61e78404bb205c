package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RetryTest {

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void whileItIsRetriedTemporalShowsAttemptsLastErrorAndNextAttempt() {
        tempost.with("tempost.delivery.initial-interval", "2s").migrated().start();
        tempost.smtp
                .onRecipient("ada@example.com")
                .reply("451 4.7.1 Greylisted, come back later")
                .times(2);
        long id = tempost.welcome("ada@example.com");

        await("a second refusal, waiting for the third attempt")
                .ignoreException(StatusRuntimeException.class)
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    assertThat(tempost.describe(id).getPendingActivitiesList()).hasSize(1);
                    PendingActivityInfo waiting = tempost.describe(id).getPendingActivities(0);
                    assertThat(waiting.getAttempt()).isEqualTo(3);
                    assertThat(waiting.getLastFailure()
                                    .getApplicationFailureInfo()
                                    .getType())
                            .isEqualTo(FailureType.GREYLISTED);
                    assertThat(waiting.getLastFailure().getMessage()).contains("come back later");
                    assertThat(Instant.ofEpochSecond(waiting.getScheduledTime().getSeconds()))
                            .isAfter(Instant.now().minusSeconds(1));
                });
        Rows.Row meanwhile = tempost.row(id);
        assertThat(meanwhile.status()).isEqualTo(RowStatus.DISPATCHED);
        assertThat(meanwhile.attempts()).isEqualTo(2);
        assertThat(meanwhile.lastErrorType()).isEqualTo(FailureType.GREYLISTED);
        assertThat(meanwhile.nextAttemptAt()).isNotNull();

        Rows.Row row = tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(row.attempts()).isEqualTo(3);
        assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
        assertThat(tempost.rows.attempts(id))
                .extracting(Rows.Attempt::phase)
                .containsExactly("transient", "transient", "accepted");
    }

    @Test
    void aRefusalForGoodFailsTheRowAndTheWorkflowWithItsType() {
        tempost.migrated().start();
        tempost.smtp.onRecipient("nobody@example.com").reply("550 5.1.1 <nobody@example.com> user unknown");
        long id = tempost.welcome("nobody@example.com");

        Rows.Row row = tempost.awaitStatus(id, RowStatus.FAILED);

        assertThat(row.attempts()).isEqualTo(1);
        assertThat(row.lastErrorType()).isEqualTo(FailureType.MAILBOX_UNKNOWN);
        assertThat(row.lastError()).contains("550 5.1.1").doesNotContain("nobody@");
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED);
        HistoryEvent last = tempost.history(id).getLast();
        assertThat(last.getEventType()).isEqualTo(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED);
        assertThat(last.getWorkflowExecutionFailedEventAttributes()
                        .getFailure()
                        .getApplicationFailureInfo()
                        .getType())
                .isEqualTo(FailureType.MAILBOX_UNKNOWN);
        assertThat(tempost.smtp.received()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FirstWorkflowTask", "LastWorkflowTask"})
    void aResetAfterTheCorrectionDeliversExactlyOnce(String point) {
        long id = failedAtOnce("nobody@example.com");
        correct(id);

        reset(id, point);

        deliveredExactlyOnce(id, "ada@example.com");
        resetsOfADeliveredRowSendNothing(id, "ada@example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FirstWorkflowTask", "LastWorkflowTask"})
    void aResetOfARowThatFailedInADurableAttemptDeliversExactlyOnce(String point) {
        tempost.migrated().start();
        tempost.smtp.onRecipient("nobody@example.com").reply("451 4.3.0 busy").times(1);
        tempost.smtp.onRecipient("nobody@example.com").reply("550 5.1.1 user unknown");
        long id = tempost.welcome("nobody@example.com");
        tempost.awaitStatus(id, RowStatus.FAILED);
        tempost.awaitClosed(id);
        assertThat(tempost.history(id))
                .extracting(HistoryEvent::getEventType)
                .contains(EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED);
        correct(id);

        reset(id, point);

        deliveredExactlyOnce(id, "ada@example.com");
        resetsOfADeliveredRowSendNothing(id, "ada@example.com");
    }

    @Test
    void aResetByQueryDeliversManyExactlyOnce() {
        tempost.migrated().start();
        List<String> addresses = List.of("a@example.com", "b@example.com", "c@example.com", "d@example.com");
        addresses.forEach(address -> tempost.smtp.onRecipient(address).reply("550 5.1.1 unknown"));
        String tenant = "reset-by-query";
        List<Long> ids = addresses.stream()
                .map(address -> tempost.insert(
                        "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload) VALUES"
                                + " (?, 'welcome', ?, '{\"name\": \"Ada\"}') RETURNING id",
                        tenant,
                        address))
                .toList();
        ids.forEach(id -> tempost.awaitStatus(id, RowStatus.FAILED));
        ids.forEach(tempost::awaitClosed);
        tempost.smtp.behave();
        String query = "TempostTenant = '" + tenant + "' AND ExecutionStatus = 'Failed'";
        await().atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(tempost.temporal("workflow", "count", "--query", query))
                        .contains("4"));

        tempost.temporal(
                "workflow", "reset", "--query", query, "--type", "FirstWorkflowTask", "--reason", "corrected", "--yes");

        ids.forEach(id -> tempost.awaitStatus(id, RowStatus.DELIVERED));
        addresses.forEach(address ->
                assertThat(tempost.smtp.received(address)).as(address).isEqualTo(1));
    }

    @Test
    void tempostRetryDeliversExactlyOnce() {
        long id = failedAtOnce("nobody@example.com");
        correct(id);

        assertThat(tempost.rows.retry(id)).isTrue();

        deliveredExactlyOnce(id, "ada@example.com");
        assertThat(tempost.rows.retry(id)).as("a delivered row does not reopen").isFalse();
        assertThat(tempost.rows.attempts(id)).hasSize(2);
    }

    @Test
    void afterTheLastAttemptTheRowFailsAndSaysHowOftenItWasTried() {
        tempost.with("tempost.delivery.max-attempts", 3).migrated().start();
        tempost.smtp.onRecipient("busy@example.com").reply("450 4.2.1 busy");
        long id = tempost.welcome("busy@example.com");

        Rows.Row row = tempost.awaitStatus(id, RowStatus.FAILED);

        assertThat(row.attempts()).isEqualTo(3);
        assertThat(row.lastError()).startsWith("gave up after 3 attempts");
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED);
    }

    @Test
    void aRowThatExpiresWhileItIsRetriedEndsExpiredAndNotFailed() {
        tempost.with("tempost.delivery.initial-interval", "700ms").migrated().start();
        tempost.smtp.onRecipient("busy@example.com").reply("450 4.2.1 busy");
        long id = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, expires_at) VALUES"
                + " ('welcome', 'busy@example.com', '{\"name\": \"A\"}', now() + interval '2 seconds') RETURNING id");

        tempost.awaitStatus(id, RowStatus.EXPIRED);

        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(tempost.smtp.received()).isZero();
    }

    @Test
    void aRowThatExpiresWhileItIsRefusedEndsExpiredAndNotFailed() {
        tempost.migrated().start();
        tempost.smtp.onRecipient("busy@example.com").drip("450 4.2.1 busy", Duration.ofMillis(200));
        long id = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, expires_at) VALUES"
                + " ('welcome', 'busy@example.com', '{\"name\": \"A\"}', now() + interval '2 seconds') RETURNING id");

        tempost.awaitStatus(id, RowStatus.EXPIRED);

        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    private long failedAtOnce(String address) {
        tempost.migrated().start();
        tempost.smtp.onRecipient(address).reply("550 5.1.1 user unknown");
        long id = tempost.welcome(address);
        tempost.awaitStatus(id, RowStatus.FAILED);
        tempost.awaitClosed(id);
        return id;
    }

    private void correct(long id) {
        tempost.execute("UPDATE tempost.outbox SET recipient = 'ada@example.com' WHERE id = ?", id);
    }

    private void reset(long id, String point) {
        tempost.temporal(
                "workflow",
                "reset",
                "--workflow-id",
                tempost.row(id).workflowId(),
                "--type",
                point,
                "--reason",
                "corrected");
    }

    private void deliveredExactlyOnce(long id, String address) {
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(tempost.smtp.received(address)).isEqualTo(1);
    }

    private void resetsOfADeliveredRowSendNothing(long id, String address) {
        for (String point : List.of("FirstWorkflowTask", "LastWorkflowTask")) {
            String before = tempost.describe(id)
                    .getWorkflowExecutionInfo()
                    .getExecution()
                    .getRunId();
            reset(id, point);
            await("the reset run")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> !tempost.describe(id)
                            .getWorkflowExecutionInfo()
                            .getExecution()
                            .getRunId()
                            .equals(before));
            assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
            assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DELIVERED);
            assertThat(tempost.smtp.received(address))
                    .as("after a reset to %s", point)
                    .isEqualTo(1);
        }
    }
}
