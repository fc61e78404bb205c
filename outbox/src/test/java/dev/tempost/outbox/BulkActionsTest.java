package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.BulkActions.Action;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class BulkActionsTest {

    @AutoClose
    private final OutboxFixture outbox;

    private final BulkActions actions;

    BulkActionsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        actions = new BulkActions(outbox.database.dataSource());
    }

    private void failed(int rows, String tenant, String error) {
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, tenant, recipient, payload, status, finished_at,"
                        + " last_error_type, last_error) SELECT 'welcome', '" + tenant
                        + "', 'a@example.org', '{\"a\": 1, \"b\": 2}',"
                        + " 'failed', now(), 'MailboxUnknown', '" + error + "' FROM generate_series(1, " + rows + ")");
    }

    private static RowSearch.Filter of(@Nullable String tenant, @Nullable String message) {
        return new RowSearch.Filter(null, tenant, null, null, message, null, null, null, null);
    }

    private UUID create(Action action, RowSearch.Filter filter, @Nullable String patch) {
        return actions.create(action, filter, patch, "why", "ada", 200).id();
    }

    private BulkActions.Progress step(UUID id) {
        return Objects.requireNonNull(actions.step(id, 100));
    }

    private BulkActions.Progress work(UUID id) {
        BulkActions.Progress progress = step(id);
        while (progress.finishedAt() == null) {
            progress = step(id);
        }
        return progress;
    }

    @Test
    void whatMatchesIsRetriedStepByStepAndEachRowIsInTheAudit() {
        failed(250, "acme", "550 no such user 17");
        failed(30, "globex", "550 no such user 17");
        UUID id = create(Action.RETRY, of("acme", "# no such user #"), null);
        failed(5, "acme", "550 no such user 17");

        BulkActions.Progress first = step(id);
        assertThat(first.done()).isEqualTo(100);
        assertThat(first.finishedAt()).isNull();
        assertThat(first.share()).isBetween(0.3, 0.4);
        BulkActions.Progress last = work(id);

        assertThat(last.done()).isEqualTo(250);
        assertThat(last.refused()).isZero();
        assertThat(last.share()).isEqualTo(1);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status = 'pending'"))
                .isEqualTo(250);
        assertThat(outbox.database.number(
                        "SELECT count(DISTINCT outbox_id) FROM tempost.audit WHERE actor = 'ada' AND action = 'retry'"))
                .isEqualTo(250);
        assertThat(step(id)).as("a step after its end").isEqualTo(last);
    }

    @Test
    void aRowThatSomebodyHoldsOrThatCannotBeRetriedIsLeftAloneAndCounted() throws Exception {
        failed(3, "acme", "550");
        outbox.database.execute("UPDATE tempost.outbox SET scrubbed_at = now() WHERE id = 2");
        UUID id = create(Action.RETRY, of(null, null), null);
        try (Connection holder = outbox.database.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.outbox WHERE id = 3 FOR UPDATE");
            BulkActions.Progress end = work(id);
            assertThat(end.done()).isEqualTo(1);
            assertThat(end.refused()).isEqualTo(2);
            holder.rollback();
        }
        assertThat(outbox.status(1)).isEqualTo(RowStatus.PENDING);
        assertThat(outbox.status(2)).isEqualTo(RowStatus.FAILED);
        assertThat(outbox.status(3)).isEqualTo(RowStatus.FAILED);
    }

    @Test
    void stoppedItDoesNoMoreAndWhatItDidStays() {
        failed(150, "acme", "550");
        UUID id = create(Action.DISMISS, of(null, null), null);
        step(id);
        assertThat(actions.cancel(id, "grace")).isTrue();
        BulkActions.Progress end = step(id);
        assertThat(end.finishedAt()).isNotNull();
        assertThat(end.cancelled()).isTrue();
        assertThat(end.done()).isEqualTo(100);
        assertThat(actions.cancel(id, "grace")).as("once more").isFalse();
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status = 'dismissed'"))
                .isEqualTo(100);
        assertThat(actions.running(10)).isEmpty();
    }

    @Test
    void whatIsOpenIsCancelledAndNothingElse() {
        long pending = outbox.pending();
        failed(1, "acme", "550");
        UUID id = create(Action.CANCEL, of(null, null), null);
        assertThat(actions.preview(Action.CANCEL, of(null, null)).matched()).isEqualTo(1);
        assertThat(work(id).done()).isEqualTo(1);
        assertThat(outbox.status(pending)).isEqualTo(RowStatus.CANCELLED);
    }

    @Test
    void aCorrectionReplacesKeysOfThePayload() {
        failed(2, "acme", "550");
        BulkActions.Progress end = work(create(Action.CORRECT, of(null, null), "{\"b\": {\"c\": 3}}"));
        assertThat(end.done()).isEqualTo(2);
        outbox.assertThatRow(1, "payload = '{\"a\": 1, \"b\": {\"c\": 3}}' AND status = 'failed'");
    }

    @Test
    void aPreviewCountsAndNamesTheNewestAndDoesNothing() {
        failed(15, "acme", "550");
        failed(2, "globex", "550");
        BulkActions.Preview preview = actions.preview(Action.RETRY, of("acme", null));
        assertThat(preview.matched()).isEqualTo(15);
        assertThat(preview.complete()).isTrue();
        assertThat(preview.sample()).hasSize(10).startsWith(15L, 14L);
        assertThat(actions.preview(Action.RETRY, of("nobody", null)))
                .isEqualTo(new BulkActions.Preview(0, true, List.of()));
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status = 'failed'"))
                .isEqualTo(17);
    }

    @Test
    void whateverStandsInAFilterIsText() {
        failed(1, "acme", "550");
        assertThat(actions.preview(Action.RETRY, of("\"}' OR true --\\\n\u0001", null))
                        .matched())
                .isZero();
    }
}
