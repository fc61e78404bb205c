package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CancelTest {

    private final Installation tempost = new Installation().with("tempost.delivery.initial-interval", "1h");

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void aCancelSignalWhileItIsRetriedEndsItCancelledAndUnsent() {
        long id = waitingForItsSecondAttempt("ada@example.com");

        tempost.temporal(
                "workflow",
                "signal",
                "--workflow-id",
                tempost.row(id).workflowId(),
                "--name",
                "cancel",
                "--input",
                "\"the contract was withdrawn\"");

        Rows.Row row = tempost.awaitStatus(id, RowStatus.CANCELLED);
        assertThat(row.reason()).isEqualTo("the contract was withdrawn");
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(tempost.smtp.received()).isZero();
    }

    @Test
    void temporalsOwnCancelEndsItCancelledToo() {
        long id = waitingForItsSecondAttempt("ada@example.com");

        tempost.temporal("workflow", "cancel", "--workflow-id", tempost.row(id).workflowId());

        tempost.awaitStatus(id, RowStatus.CANCELLED);
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED);
        assertThat(tempost.smtp.received()).isZero();
    }

    @Test
    void cancelJobReachesWhatIsInFlightAndWhatIsPending() {
        tempost.migrated().start();
        tempost.smtp.onRecipient("ada@example.com").reply("451 4.3.0 busy");
        String insert = "INSERT INTO tempost.outbox (event_type, recipient, payload, job_id, deliver_after) VALUES"
                + " ('welcome', 'ada@example.com', '{\"name\": \"Ada\"}', 'job-1', now() + ?::interval) RETURNING id";
        long pending = tempost.insert(insert, "1 hour");
        long inFlight = tempost.insert(insert, "0");
        awaitAttempts(inFlight, 1);

        assertThat(tempost.number("SELECT tempost.cancel_job('default', 'job-1', 'job over')"))
                .isEqualTo(2);

        assertThat(tempost.row(pending).status()).isEqualTo(RowStatus.CANCELLED);
        assertThat(tempost.awaitStatus(inFlight, RowStatus.CANCELLED).reason()).isEqualTo("job over");
        assertThat(tempost.awaitClosed(inFlight))
                .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(tempost.smtp.received()).isZero();
    }

    @Test
    void aRowCancelledBeforeTheClaimIsNeverSent() {
        tempost.migrated();
        long id = tempost.welcome("ada@example.com");
        assertThat(tempost.rows.cancel(id, "not needed")).isTrue();
        tempost.start();
        tempost.awaitStatus(tempost.welcome("other@example.com"), RowStatus.DELIVERED);

        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.CANCELLED);
        assertThat(tempost.smtp.received("ada@example.com")).isZero();
    }

    @Test
    void aCancelAfterAcceptanceChangesNothing() {
        tempost.migrated().start();
        long id = tempost.welcome("ada@example.com");
        tempost.awaitStatus(id, RowStatus.DELIVERED);

        assertThat(tempost.rows.cancel(id, "too late")).isFalse();
        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DELIVERED);
    }

    @Test
    void aCancelDuringTheSendThatIsAcceptedIsDeliveredAndSaysSo() {
        tempost.migrated().start();
        cancelEachThatTransmits();
        long id = tempost.welcome("ada@example.com");

        Rows.Row row = tempost.awaitStatus(id, RowStatus.DELIVERED);

        assertThat(row.reason()).isEqualTo("the cancel came too late");
        assertThat(tempost.smtp.received()).isEqualTo(1);
    }

    // on the real server: the one in memory may forget a signal that comes during a local activity
    @Test
    void aCancelDuringTheSendThatFailsIsNotRepeated() {
        tempost.smtp.afterDot().reply("451 4.3.0 busy");
        tempost.migrated().start();
        cancelEachThatTransmits();
        long id = tempost.welcome("ada@example.com");

        tempost.awaitStatus(id, RowStatus.CANCELLED);

        assertThat(tempost.rows.attempts(id)).hasSize(1);
        assertThat(tempost.smtp.received()).isZero();
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    private void cancelEachThatTransmits() {
        tempost.execute(
                "CREATE FUNCTION cancel_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE tempost.outbox SET"
                        + " cancel_requested_at = now() WHERE id = NEW.outbox_id; RETURN NEW; END $$");
        tempost.execute("CREATE TRIGGER cancel_it AFTER UPDATE ON tempost.attempt FOR EACH ROW"
                + " WHEN (NEW.phase = 'transmitting') EXECUTE FUNCTION cancel_it()");
    }

    private long waitingForItsSecondAttempt(String address) {
        tempost.migrated().start();
        tempost.smtp.onRecipient(address).reply("451 4.3.0 busy");
        long id = tempost.welcome(address);
        awaitAttempts(id, 1);
        await("the durable attempt")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.describe(id).getPendingActivitiesCount() == 1
                        && tempost.describe(id).getPendingActivities(0).getAttempt() == 2);
        return id;
    }

    private void awaitAttempts(long id, int attempts) {
        await("attempt " + attempts)
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.row(id).attempts() == attempts);
    }
}
