package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.rows.Erasure;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a row may hold, and how it goes again: by its age, or because somebody asks for it. */
@OnEveryPostgres
class ContentTest {

    private static final Duration MONTH = Duration.ofDays(30);
    private static final String OLD = "clock_timestamp() - interval '31 days'";

    @AutoClose
    private final OutboxFixture outbox;

    private final Erasure erasure;

    ContentTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        erasure = new Erasure(outbox.database.dataSource());
    }

    @ParameterizedTest
    @CsvSource({
        "payload, 262144, 'jsonb_build_object(''a'', repeat(''x'', ? - 9))'",
        "headers, 16384, 'jsonb_build_object(''a'', repeat(''x'', ? - 9))'",
        "recipient, 2048, 'repeat(''x'', ?)'",
        "object_key, 1024, 'repeat(''x'', ?)'"
    })
    void whatIsTooLargeIsRefusedWithItsSize(String column, int most, String value) {
        String insert = "INSERT INTO tempost.outbox (event_type, shard_key, " + column + ") VALUES ('welcome', 's', ";
        outbox.database.execute(insert + value.replace("?", Integer.toString(most)) + ")");

        assertThatThrownBy(() -> outbox.database.execute(insert + value.replace("?", Integer.toString(most + 1)) + ")"))
                .hasStackTraceContaining("outbox: " + column + " of row 2 (welcome of tenant default) has " + (most + 1)
                        + " bytes, and at most " + most + " are taken")
                .hasStackTraceContaining("let the row hold a key or a link to it");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                .isEqualTo(1);
    }

    @Test
    void contentIsScrubbedAndTheRowStays() {
        long old = finished("failed", OLD);
        long young = finished("failed", "clock_timestamp()");
        Retention retention = new Retention(outbox.database.dataSource());

        assertThat(retention.scrub(RowStatus.FAILED, MONTH, 10)).isEqualTo(1);
        assertThat(retention.scrub(RowStatus.FAILED, MONTH, 10)).isZero();

        outbox.assertThatRow(
                old,
                "status = 'failed' AND recipient IS NULL AND payload = '{}' AND headers = '{}' AND last_error IS NULL"
                        + " AND last_error_type = 'MailboxUnknown' AND scrubbed_at IS NOT NULL");
        outbox.assertThatAttempt(old, 1, "reply IS NULL AND phase = 'rejected'");
        outbox.assertThatRow(young, "recipient = 'ada@example.org' AND scrubbed_at IS NULL");
        assertThatThrownBy(() -> new Rows(outbox.database.dataSource()).retry(old))
                .hasMessageContaining("retry: row " + old + " cannot be sent again, its content was removed on");
        assertThat(retention.remove(RowStatus.FAILED, MONTH, 10)).isEqualTo(1);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                .isEqualTo(1);
    }

    @Test
    void everythingAboutARecipientLeaves() {
        long delivered = finished("delivered", OLD);
        long failed = finished("failed", OLD);
        long other = outbox.row("recipient", "'bob@example.org'");
        long pending = outbox.row("recipient", "'Ada@Example.org'");
        new Rows(outbox.database.dataSource(), "ops").retry(failed);
        outbox.set(failed, "status = 'failed'");

        Erasure.Step step = erasure.step("ADA@example.org", null, 0, 100, "ops");

        assertThat(step).isEqualTo(new Erasure.Step(3, 0, pending));
        assertThat(outbox.database.text("SELECT string_agg(id::text, ' ') FROM tempost.outbox"))
                .isEqualTo(Long.toString(other));
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt WHERE outbox_id = " + delivered))
                .isZero();
        assertThat(outbox.database.text("SELECT string_agg(action || ' ' || detail || coalesce(outbox_id, 0), ' ')"
                        + " FROM tempost.audit"))
                .isEqualTo("erase 3 rows0");
        assertThat(erasure.step("ADA@example.org", null, pending, 100, "ops")).isEqualTo(new Erasure.Step(0, 0, null));
    }

    @Test
    void whatIsInFlightIsCancelledAndLeavesNextTime() {
        long inFlight = outbox.inFlight();
        outbox.set(inFlight, "recipient = 'ada@example.org'");

        assertThat(erasure.step("ada@example.org", null, 0, 100, "ops")).isEqualTo(new Erasure.Step(0, 1, inFlight));

        outbox.assertThatRow(inFlight, "status = 'dispatched' AND cancel_requested_at IS NOT NULL");
    }

    @Test
    void aTenantLeavesAStretchAtATime() {
        for (int row = 0; row < 5; row++) {
            outbox.row("tenant", "'acme'");
            outbox.row("tenant", "'other'");
        }

        Erasure.Step first = erasure.step(null, "acme", 0, 4, "ops");
        Erasure.Step second = erasure.step(null, "acme", 4, 100, "ops");

        assertThat(first).isEqualTo(new Erasure.Step(2, 0, 4L));
        assertThat(second.removed()).isEqualTo(3);
        assertThat(outbox.database.text("SELECT string_agg(DISTINCT tenant, ' ') FROM tempost.outbox"))
                .isEqualTo("other");
    }

    @Test
    void anErasureNamesSomebody() {
        assertThatThrownBy(() -> erasure.step(null, null, 0, 4, "ops")).hasMessageContaining("whose rows?");
    }

    private long finished(String status, String at) {
        long id = outbox.row(
                "status, finished_at, recipient, payload, headers, last_error, last_error_type",
                "'" + status + "'",
                at,
                "'ada@example.org'",
                "'{\"name\": \"Ada\"}'",
                "'{\"x\": \"y\"}'",
                "'550 no ada'",
                "'MailboxUnknown'");
        outbox.database.execute(
                "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, phase, reply, deadline,"
                        + " finished_at) VALUES (" + id + ", 1, 'r1', 'smtp', 'rejected', '550 no ada', now(), now())");
        return id;
    }
}
