package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnEveryPostgres
class RowsTest {

    @AutoClose
    private final OutboxFixture outbox;

    private final Rows rows;

    RowsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        rows = new Rows(outbox.database.dataSource());
    }

    @ParameterizedTest
    @EnumSource(RowStatus.class)
    void onlyAFailedRowIsRetried(RowStatus status) {
        long id = outbox.row(
                "status, attempts, finished_at, next_attempt_at, reason, last_error, cancel_requested_at",
                "'" + status.column() + "'",
                "3",
                "now()",
                "now() + interval '1 day'",
                "'r'",
                "'550'",
                "now()");
        assertThat(rows.retry(id)).isEqualTo(status == RowStatus.FAILED);
        if (status == RowStatus.FAILED) {
            outbox.assertThatRow(
                    id,
                    "status = 'pending' AND attempts = 3 AND last_error = '550'"
                            + " AND coalesce(finished_at, next_attempt_at, cancel_requested_at, lease_until) IS NULL"
                            + " AND reason IS NULL");
        } else {
            assertThat(outbox.status(id)).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @EnumSource(RowStatus.class)
    void onlyAFinishedRowIsSentAgainAndAsANewOne(RowStatus status) {
        long id = outbox.row("status, recipient, dedup_key", "'" + status.column() + "'", "'a@example.org'", "'once'");
        boolean finished = !Set.of(RowStatus.PENDING, RowStatus.DISPATCHED, RowStatus.FAILED)
                .contains(status);
        if (finished) {
            long made = Objects.requireNonNull(rows.resend(id, "she lost it", "k"));
            assertThat(made).isNotEqualTo(id);
            outbox.assertThatRow(
                    made,
                    "status = 'pending' AND resend_of = " + id
                            + " AND recipient = 'a@example.org' AND reason = 'sent again: she" + " lost it'");
            assertThat(rows.resend(id, "she lost it", "k"))
                    .as("the same request")
                    .isEqualTo(made);
            assertThat(rows.resend(id, "she lost it", null)).as("another").isNotEqualTo(made);
        } else {
            assertThatThrownBy(() -> rows.resend(id, "she lost it", "k"))
                    .hasMessageContaining(
                            "resend: row " + id + " cannot be sent a second time, it is " + status.column());
        }
        assertThat(outbox.status(id)).isEqualTo(status);
    }

    @Test
    void aCorrectionChangesTheVersionThatWasSeenAndNoOther() {
        long id = outbox.row("status, recipient", "'failed'", "'a@example.org'");
        String seen = Objects.requireNonNull(rows.content(id)).version();
        Rows.Correction correction = new Rows.Correction("{\"a\": 1}", "b@example.org", null, OffsetDateTime.MAX);
        assertThat(rows.correct(id, correction, "1")).isFalse();
        assertThat(rows.correct(id, correction, seen)).isTrue();
        outbox.assertThatRow(
                id,
                "payload = '{\"a\": 1}' AND recipient = 'b@example.org' AND expires_at IS NULL AND status = 'failed'");
        assertThat(rows.correct(id, correction, seen)).as("what is old now").isFalse();
        assertThat(outbox.database.text("SELECT string_agg(action || ' ' || coalesce(detail, '') || ' ' ||"
                        + " coalesce(before->>'recipient', '') , ', ' ORDER BY id) FROM tempost.audit"))
                .isEqualTo("view  , correct payload, recipient a@example.org");
        assertThatThrownBy(() -> rows.correct(
                        id, new Rows.Correction(null, null, OffsetDateTime.now(ZoneOffset.UTC), null), null))
                .hasMessageContaining("correct: deliver_after of row " + id + " cannot be changed, it is failed");
    }

    @ParameterizedTest
    @EnumSource(RowStatus.class)
    void onlyARowThatWaitsIsSentNow(RowStatus status) {
        boolean waits = status == RowStatus.PENDING || status == RowStatus.DISPATCHED;
        long id =
                outbox.row("status, deliver_after", "'" + status.column() + "', clock_timestamp() + interval '1 hour'");
        assertThat(rows.sendNow(id)).isEqualTo(waits);
        outbox.assertThatRow(
                id, "(deliver_after <= clock_timestamp()) = " + waits + " AND status = '" + status.column() + "'");
        if (status == RowStatus.PENDING) {
            outbox.assertThatRow(id, "waits_for IS NULL AND next_attempt_at IS NULL");
        }
    }

    @Test
    void aRowIsNotPutOffPastItsEnd() {
        OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
        long id = outbox.row("status, expires_at", "'dispatched', clock_timestamp() + interval '1 hour'");
        assertThatThrownBy(() -> rows.correct(id, new Rows.Correction(null, null, now.plusHours(2), null), null))
                .hasMessageContaining("correct: row " + id + " would expire before deliver_after");
        assertThat(rows.correct(id, new Rows.Correction(null, null, now.plusMinutes(30), null), null))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(RowStatus.class)
    void onlyAFailedRowIsDismissed(RowStatus status) {
        long id = outbox.row("status", "'" + status.column() + "'");
        assertThat(rows.dismiss(id, "known")).isEqualTo(status == RowStatus.FAILED);
        if (status == RowStatus.FAILED) {
            outbox.assertThatRow(id, "status = 'dismissed' AND reason = 'known' AND finished_at IS NOT NULL");
        } else {
            outbox.assertThatRow(id, "status = '" + status.column() + "' AND reason IS NULL");
        }
    }

    @ParameterizedTest
    @EnumSource(RowStatus.class)
    void onlyAnUnfinishedRowIsCancelled(RowStatus status) {
        long id = outbox.row("status", "'" + status.column() + "'");
        boolean unfinished = status == RowStatus.PENDING || status == RowStatus.DISPATCHED;
        assertThat(rows.cancel(id, "typo")).isEqualTo(unfinished);
        if (unfinished) {
            outbox.assertThatRow(id, "reason = 'typo' AND (status = 'cancelled' OR cancel_requested_at IS NOT NULL)");
        }
        assertThat(outbox.status(id)).isEqualTo(status == RowStatus.PENDING ? RowStatus.CANCELLED : status);
    }

    @Test
    void theFirstReasonToCancelStays() {
        long id = outbox.inFlight();
        rows.cancel(id, "first");
        String at = outbox.column(id, "cancel_requested_at");
        assertThat(rows.cancel(id, "second")).isTrue();
        outbox.assertThatRow(id, "reason = 'first' AND cancel_requested_at = '" + at + "'");
    }

    @Test
    void operatorsActOnNothingThatIsNotThere() {
        assertThat(rows.find(4711)).isNull();
        assertThat(rows.retry(4711)).isFalse();
        assertThat(rows.cancel(4711, "r")).isFalse();
        assertThat(rows.dismiss(4711, "r")).isFalse();
        assertThat(rows.attempts(4711)).isEmpty();
    }

    @Test
    void aRowIsShownWithoutWhatIsPersonal() {
        long id = outbox.row("tenant, recipient, last_error", "'acme'", "'a@example.org'", "'550'");
        Rows.Row row = Objects.requireNonNull(rows.find(id));
        assertThat(row.tenant()).isEqualTo("acme");
        assertThat(row.status()).isEqualTo(RowStatus.PENDING);
        assertThat(row.lastError()).isEqualTo("550");
        assertThat(row.workflowId())
                .startsWith("delivery:acme:" + id + ":")
                .hasSize(("delivery:acme:" + id).length() + 9);
        assertThat(row.toString()).doesNotContain("example.org");
    }

    @Test
    void theDeadLettersComeNewestFirst() {
        long old = outbox.row("status, finished_at", "'failed'", "now() - interval '1 hour'");
        long fresh = outbox.row("status, finished_at", "'failed'", "now()");
        long other = outbox.row("status, finished_at, tenant", "'failed'", "now() - interval '2 hours'", "'acme'");
        outbox.pending();
        assertThat(rows.failed(null, 10)).extracting(Rows.Row::id).containsExactly(fresh, old, other);
        assertThat(rows.failed(null, 1)).extracting(Rows.Row::id).containsExactly(fresh);
        assertThat(rows.failed("acme", 10)).extracting(Rows.Row::id).containsExactly(other);
    }
}
