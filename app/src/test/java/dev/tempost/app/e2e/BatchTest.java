package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rows that share a workflow, on the real server. */
class BatchTest {

    private final Installation tempost = new Installation()
            .with("tempost.delivery.lane", "bulk")
            .with("tempost.delivery.initial-interval", "300ms")
            .with("tempost.starter.lease", "2s");

    @AfterEach
    void stop() {
        tempost.close();
    }

    private void insert(int rows) {
        tempost.execute(
                "INSERT INTO tempost.outbox (event_type, recipient, payload, job_id)"
                        + " SELECT 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}', 'letters'"
                        + " FROM generate_series(1, ?) n",
                rows);
    }

    private long first() {
        return tempost.number("SELECT min(id) FROM tempost.outbox");
    }

    private void assertThatEachArrivedOnce(int rows) {
        assertThat(tempost.smtp.received()).isEqualTo(rows);
        for (int n = 1; n <= rows; n++) {
            assertThat(tempost.smtp.received("r" + n + "@example.com")).isEqualTo(1);
        }
    }

    @Test
    void rowsOfOneEventTypeShareAWorkflowWhichTheyName() {
        tempost.migrated();
        insert(60);
        tempost.start();

        tempost.awaitAll(RowStatus.DELIVERED, 60);

        assertThatEachArrivedOnce(60);
        assertThat(tempost.number("SELECT count(DISTINCT workflow_id) FROM tempost.outbox"))
                .isEqualTo(1);
        assertThat(tempost.row(first()).workflowId()).startsWith("batch:default:welcome:" + first() + ":");
        assertThat(tempost.awaitClosed(first())).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(tempost.history(first()))
                .as("one start and one activity for all of them")
                .hasSizeLessThan(15);
        assertThat(tempost.temporal(
                        "workflow",
                        "show",
                        "--workflow-id",
                        tempost.row(first()).workflowId()))
                .contains("\"delivered\":60")
                .doesNotContain("example.com");
    }

    @Test
    void whatFailsForNowGoesOnAloneAndWhatFailsForGoodEnds() {
        tempost.smtp.onRecipient("r2@example.com").reply("451 4.7.1 greylisted").times(1);
        tempost.smtp.onRecipient("r3@example.com").reply("550 5.1.1 no such mailbox");
        tempost.migrated();
        insert(5);
        tempost.start();

        tempost.awaitAll(RowStatus.DELIVERED, 4);
        Rows.Row alone = tempost.row(first() + 1);
        assertThat(alone.workflowId()).startsWith("delivery:");
        assertThat(alone.attempts()).isEqualTo(2);
        Rows.Row failed = tempost.awaitStatus(first() + 2, RowStatus.FAILED);
        assertThat(failed.lastErrorType()).isEqualTo(FailureType.MAILBOX_UNKNOWN);
        assertThat(failed.workflowId()).startsWith("batch:");
        assertThat(tempost.awaitClosed(first() + 2))
                .as("the batch is not to blame")
                .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);

        tempost.smtp.behave();
        assertThat(tempost.rows.retry(failed.id())).isTrue();
        assertThat(tempost.awaitStatus(failed.id(), RowStatus.DELIVERED).workflowId())
                .startsWith("delivery:");
        assertThatEachArrivedOnce(5);
    }

    /** One mail after the other, and a while for each. */
    private void startSlowly(int rows) {
        tempost.smtp.afterDot().slow(Duration.ofMillis(300));
        tempost.with("tempost.providers.default.max-connections", 1).migrated();
        insert(rows);
        tempost.start();
        await("the first mail").atMost(Installation.TIMEOUT).until(() -> tempost.smtp.received() > 0);
    }

    @Test
    void aBatchThatIsTerminatedLosesNoRowAndSendsNoneTwice() {
        startSlowly(10);

        tempost.temporal(
                "workflow", "terminate", "--workflow-id", tempost.row(first()).workflowId());
        tempost.smtp.behave();

        tempost.awaitAll(RowStatus.DELIVERED, 10);
        assertThatEachArrivedOnce(10);
    }

    @Test
    void aBatchThatIsCancelledGivesBackWhatItHasNotBegun() {
        startSlowly(20);
        Pauses pauses = new Pauses(tempost.dataSource());
        Pauses.Scope everything = new Pauses.Scope(null, null, null);
        pauses.pause(everything, "a look first", "ops");

        tempost.temporal(
                "workflow", "cancel", "--workflow-id", tempost.row(first()).workflowId());

        await("nothing to be in flight")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'dispatched'") == 0);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'pending'"))
                .isGreaterThan(10);
        assertThat(tempost.awaitClosed(first())).isNotEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED);

        tempost.smtp.behave();
        pauses.resume(everything, "ops");
        tempost.awaitAll(RowStatus.DELIVERED, 20);
        assertThatEachArrivedOnce(20);
    }

    @Test
    void aJobThatIsCancelledTakesTheRestOfItsBatchAlong() {
        startSlowly(20);

        tempost.execute("SELECT tempost.cancel_job('default', 'letters', 'no longer needed')");

        await("nothing to be in flight")
                .atMost(Installation.TIMEOUT)
                .until(() ->
                        tempost.number("SELECT count(*) FROM tempost.outbox WHERE status IN ('pending', 'dispatched')")
                                == 0);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'cancelled'"))
                .isGreaterThan(10);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'"))
                .isEqualTo(tempost.smtp.received());
    }

    @Test
    void aResetSendsNothingTwice() {
        tempost.migrated();
        insert(10);
        tempost.start();
        tempost.awaitAll(RowStatus.DELIVERED, 10);
        tempost.awaitClosed(first());

        tempost.temporal(
                "workflow",
                "reset",
                "--workflow-id",
                tempost.row(first()).workflowId(),
                "--type",
                "FirstWorkflowTask",
                "--reason",
                "to see");

        assertThat(tempost.awaitClosed(first())).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThatEachArrivedOnce(10);
    }
}
