package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

@OnEveryPostgres
class ProducerFunctionsTest {

    @AutoClose
    private final OutboxFixture outbox;

    ProducerFunctionsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
    }

    @Test
    void enqueueNeedsNoMoreThanAnEventType() {
        long id = outbox.database.number("SELECT tempost.enqueue('welcome')");
        outbox.assertThatRow(
                id,
                "event_type = 'welcome' AND tenant = 'default' AND payload = '{}' AND headers = '{}' AND priority = 3"
                        + " AND status = 'pending' AND attempts = 0 AND depth = 0 AND key IS NOT NULL AND created_at IS"
                        + " NOT NULL AND coalesce(recipient, shard_key, object_key, job_id, dedup_key) IS NULL AND"
                        + " coalesce(deliver_after, expires_at, dispatched_at, lease_until) IS NULL");
    }

    @Test
    void enqueueTakesWhatAPlainInsertTakes() {
        long id = outbox.database.number("""
            SELECT tempost.enqueue('welcome', 'a@example.org', '{"n": 1}', 'acme', 's', 'o', 'j', 'd', 1,
                '2030-01-01 00:00Z', '2031-01-01 00:00Z', '{"h": 2}')\
            """);
        outbox.assertThatRow(id, """
            (recipient, payload, tenant, shard_key, object_key, job_id, dedup_key, priority, deliver_after,
                expires_at, headers)
            = ('a@example.org', '{"n": 1}'::jsonb, 'acme', 's', 'o', 'j', 'd', 1, '2030-01-01 00:00Z'::timestamptz,
                '2031-01-01 00:00Z'::timestamptz, '{"h": 2}'::jsonb)\
            """);
    }

    @Test
    void aSecondEnqueueOfTheSameThingReturnsTheFirst() {
        long first = outbox.database.number("SELECT tempost.enqueue('welcome', dedup_key => 'd')");
        assertThat(outbox.database.number("SELECT tempost.enqueue('other', dedup_key => 'd')"))
                .isEqualTo(first);
        outbox.assertThatRow(first, "event_type = 'welcome'");
        assertThat(outbox.database.number("SELECT tempost.enqueue('welcome', dedup_key => 'd', tenant => 'acme')"))
                .isNotEqualTo(first);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                .isEqualTo(2);
    }

    @Test
    void aPlainInsertOfTheSameThingIsAnError() {
        outbox.row("dedup_key", "'d'");
        assertThatThrownBy(() -> outbox.row("dedup_key", "'d'"))
                .hasRootCauseMessage("ERROR: duplicate key value violates unique constraint \"outbox_dedup\"\n"
                        + "  Detail: Key (tenant, dedup_key)=(default, d) already exists.");
    }

    @Test
    void aRowIsOneDeeperThanTheRowThatCausedIt() {
        long first = outbox.pending();
        long second = caused(first);
        long third = caused(second);
        outbox.assertThatRow(second, "depth = 1");
        outbox.assertThatRow(third, "depth = 2");
        outbox.assertThatRow(caused(first), "depth = 1");
    }

    @Test
    void aHandlerThatEnqueuesInALoopIsStoppedAtDepthTen() {
        long[] last = {outbox.pending()};
        for (int depth = 1; depth <= 10; depth++) {
            last[0] = caused(last[0]);
        }
        outbox.assertThatRow(last[0], "depth = 10");

        assertThatThrownBy(() -> caused(last[0]))
                .rootCause()
                .hasMessageContaining("row " + last[0] + " (news) is the end of a chain of 10 rows")
                .hasMessageContaining("news is not enqueued")
                .hasMessageContaining("Hint: What handles these rows enqueues in a loop");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                .isEqualTo(11);
    }

    @Test
    void aCauseThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> caused(4711))
                .rootCause()
                .hasMessageContaining("caused_by is row 4711, which does not exist")
                .hasMessageContaining("Hint: ");
    }

    @Test
    void noRowIsDeeperThanTheLimitWhoeverWritesIt() {
        assertThatThrownBy(() -> outbox.row("depth", "11")).rootCause().hasMessageContaining("outbox_depth_limit");
    }

    private long caused(long cause) {
        return outbox.database.number("SELECT tempost.enqueue('news', caused_by => ?)", cause);
    }

    @Test
    void whatIsEnqueuedGoesWithTheTransaction() throws SQLException {
        try (Connection producer = outbox.database.connect();
                Statement statement = producer.createStatement()) {
            producer.setAutoCommit(false);
            statement.execute("SELECT tempost.enqueue('welcome')");
            producer.rollback();
            assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                    .isZero();
            statement.execute("SELECT tempost.enqueue('welcome')");
            producer.commit();
            assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                    .isEqualTo(1);
        }
    }

    @Test
    void aStatementWakesOnceAndOnlyWhenItCommits() throws SQLException {
        try (Connection listening = outbox.database.connect();
                Statement listen = listening.createStatement();
                Connection producer = outbox.database.connect();
                Statement statement = producer.createStatement()) {
            listen.execute("LISTEN tempost_wake");
            producer.setAutoCommit(false);
            statement.execute("INSERT INTO tempost.outbox (event_type) SELECT 'welcome' FROM generate_series(1, 100)");
            assertThat(heard(listening)).isZero();
            producer.rollback();
            assertThat(heard(listening)).isZero();
            statement.execute("INSERT INTO tempost.outbox (event_type) SELECT 'welcome' FROM generate_series(1, 100)");
            producer.commit();
            assertThat(heard(listening)).isEqualTo(1);
        }
    }

    private static int heard(Connection listening) throws SQLException {
        // what was committed before is delivered with the answer to any statement
        try (Statement statement = listening.createStatement()) {
            statement.execute("SELECT 1");
        }
        PGNotification[] notifications = listening.unwrap(PGConnection.class).getNotifications();
        return notifications == null ? 0 : notifications.length;
    }

    @Test
    void aJobIsCancelledInTheCallersTransaction() throws SQLException {
        long pending = outbox.row("job_id", "'j'");
        long inFlight = outbox.inFlight();
        outbox.set(inFlight, "job_id = 'j'");
        long delivered = outbox.row("job_id, status", "'j'", "'delivered'");
        long otherTenant = outbox.row("job_id, tenant", "'j'", "'acme'");
        long otherJob = outbox.row("job_id", "'k'");
        try (Connection producer = outbox.database.connect();
                Statement statement = producer.createStatement()) {
            producer.setAutoCommit(false);
            statement.execute("SELECT tempost.cancel_job('default', 'j', 'withdrawn')");
            producer.rollback();
            assertThat(outbox.status(pending)).isEqualTo(RowStatus.PENDING);
            outbox.assertThatRow(inFlight, "cancel_requested_at IS NULL");
            statement.execute("SELECT tempost.cancel_job('default', 'j', 'withdrawn')");
            producer.commit();
        }
        outbox.assertThatRow(pending, "status = 'cancelled' AND reason = 'withdrawn' AND finished_at IS NOT NULL");
        outbox.assertThatRow(
                inFlight,
                "status = 'dispatched' AND cancel_requested_at IS NOT NULL AND finished_at IS NULL"
                        + " AND reason = 'withdrawn'");
        outbox.assertThatRow(delivered, "status = 'delivered' AND cancel_requested_at IS NULL");
        outbox.assertThatRow(otherTenant, "status = 'pending'");
        outbox.assertThatRow(otherJob, "status = 'pending'");
    }

    @Test
    void cancellingAJobSaysHowManyRowsItTouched() {
        outbox.row("job_id", "'j'");
        outbox.row("job_id", "'j'");
        assertThat(outbox.database.number("SELECT tempost.cancel_job('default', 'j', 'withdrawn')"))
                .isEqualTo(2);
        assertThat(outbox.database.number("SELECT tempost.cancel_job('default', 'j', 'withdrawn')"))
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = RowStatus.class,
            names = {"DISPATCHED"},
            mode = EnumSource.Mode.EXCLUDE)
    void anImportedRowKeepsItsStateAttemptsAndError(RowStatus status) {
        long id = outbox.database.number("""
            SELECT tempost.import('welcome', ?, 'a@example.org', attempts => 4, last_error => '550',
                last_error_type => 'MailboxUnknown', last_error_at => '2020-01-01 00:00Z',
                created_at => '2019-01-01 00:00Z', finished_at => '2020-01-02 00:00Z', reason => 'old')\
            """, status.column());
        outbox.assertThatRow(
                id,
                ("status = '%s' AND attempts = 4 AND last_error = '550' AND last_error_type = 'MailboxUnknown'"
                                + " AND last_error_at = '2020-01-01 00:00Z' AND created_at = '2019-01-01 00:00Z'"
                                + " AND reason = 'old' AND recipient = 'a@example.org'")
                        .formatted(status.column()));
        outbox.assertThatRow(
                id, status == RowStatus.PENDING ? "finished_at IS NULL" : "finished_at = '2020-01-02 00:00Z'");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"dispatched", "sent"})
    void aRowInFlightElsewhereIsNotImported(@Nullable String status) {
        assertThatThrownBy(() -> outbox.database.number("SELECT tempost.import('welcome', ?)", status))
                .rootCause()
                .hasMessageContaining("cannot be taken over")
                .hasMessageContaining("Hint: A row in flight has no meaning here");
    }

    @Test
    void aSecondImportOfTheSameThingReturnsTheFirst() {
        long first = outbox.database.number("SELECT tempost.import('welcome', 'failed', dedup_key => 'legacy-1')");
        assertThat(outbox.database.number("SELECT tempost.import('welcome', 'pending', dedup_key => 'legacy-1')"))
                .isEqualTo(first);
        assertThat(outbox.status(first)).isEqualTo(RowStatus.FAILED);
    }

    @Test
    void anImportedPendingRowIsClaimed() {
        long id = outbox.database.number("SELECT tempost.import('welcome', 'pending', attempts => 2)");
        assertThat(new Claims(outbox.database.dataSource())
                        .claim(1, Duration.ofMinutes(1), EventTypes.all(), null)
                        .rows())
                .singleElement()
                .extracting(ClaimedRow::id)
                .isEqualTo(id);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "outbox_tenant_form | tenant | 'Acme'",
                "outbox_tenant_form | tenant | ''",
                "outbox_tenant_form | tenant | repeat('a', 64)",
                "outbox_shard_key_form | shard_key | ''",
                "outbox_shard_key_form | shard_key | repeat('a', 256)",
                "outbox_job_id_form | job_id | ''",
                "outbox_job_id_form | job_id | repeat('a', 256)",
                "outbox_dedup_key_form | dedup_key | ''",
                "outbox_dedup_key_form | dedup_key | repeat('a', 1001)",
                "outbox_priority_range | priority | 0",
                "outbox_priority_range | priority | 6",
                "outbox_status_name | status | 'sent'",
                "outbox_object_key_needs_shard_key | object_key | 'o'"
            })
    void aBadValueIsRefusedByItsName(String constraint, String column, String value) {
        assertThatThrownBy(() -> outbox.row(column, value))
                .rootCause()
                .hasMessageContaining("violates check constraint \"" + constraint + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".a", "a b", "ä", "a/../b"})
    void aBadEventTypeIsRefusedByItsName(String eventType) {
        assertThatThrownBy(
                        () -> outbox.database.execute("INSERT INTO tempost.outbox (event_type) VALUES (?)", eventType))
                .rootCause()
                .hasMessageContaining("violates check constraint \"outbox_event_type_form\"");
    }

    @Test
    void anUnknownPhaseIsRefusedByItsName() {
        long id = outbox.pending();
        assertThatThrownBy(() -> outbox.database.execute(
                        "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline, phase)"
                                + " VALUES (?, 1, 'r', 'p', now(), 'sent')",
                        id))
                .rootCause()
                .hasMessageContaining("violates check constraint \"attempt_phase_name\"");
    }
}
