package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.BulkActions.Action;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.workflows.BulkActionWorkflow;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BulkActionTest {

    private static final int ROWS = 300;

    private final Installation tempost = new Installation().migrated();
    private final BulkActions actions = new BulkActions(tempost.dataSource());

    @AfterEach
    void stop() {
        tempost.close();
    }

    private UUID dismissAll(int perSecond) {
        tempost.execute(
                "INSERT INTO tempost.outbox (event_type, status, finished_at, last_error_type) SELECT 'welcome',"
                        + " 'failed', now(), 'MailboxUnknown' FROM generate_series(1, ?)",
                ROWS);
        RowSearch.Filter all = new RowSearch.Filter(null, null, null, null, null, null, null, null, null);
        return actions.create(Action.DISMISS, all, null, "known", "ada", perSecond)
                .id();
    }

    private BulkActions.Progress progress(UUID id) {
        return Objects.requireNonNull(actions.find(id));
    }

    private void awaitSome(UUID id) {
        await("some of the rows to be done")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> progress(id).done() > 0);
    }

    private void awaitEachOnce(UUID id) {
        await("all of the rows to be done")
                .atMost(Installation.TIMEOUT.multipliedBy(3))
                .until(() -> progress(id).finishedAt() != null);
        assertThat(progress(id).done()).isEqualTo(ROWS);
        assertThat(progress(id).refused()).isZero();
        assertThat(tempost.number("SELECT count(*) FROM tempost.audit WHERE action = 'dismiss' AND actor = 'ada'"))
                .isEqualTo(ROWS);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'dismissed'"))
                .isEqualTo(ROWS);
    }

    @Test
    void killedInTheMiddleItGoesOnWithTheNextRow() {
        Process first = tempost.serve();
        UUID id = dismissAll(50);
        awaitSome(id);
        first.destroyForcibly().onExit().join();
        assertThat(progress(id).finishedAt()).as("its end, before the kill").isNull();
        tempost.serve();
        awaitEachOnce(id);
    }

    @Test
    void terminatedInTemporalItGetsAnotherWorkflow() {
        tempost.start();
        UUID id = dismissAll(50);
        awaitSome(id);
        tempost.client
                .newUntypedWorkflowStub(BulkActionWorkflow.workflowId(id.toString()))
                .terminate("a test");
        awaitEachOnce(id);
    }

    @Test
    void cancelledInTemporalItStops() {
        tempost.start();
        UUID id = dismissAll(5);
        awaitSome(id);
        tempost.client
                .newUntypedWorkflowStub(BulkActionWorkflow.workflowId(id.toString()))
                .cancel();
        await("its end").atMost(Installation.TIMEOUT).until(() -> progress(id).finishedAt() != null);
        assertThat(progress(id).cancelled()).isTrue();
        assertThat(progress(id).done()).isLessThan(ROWS);
    }
}
