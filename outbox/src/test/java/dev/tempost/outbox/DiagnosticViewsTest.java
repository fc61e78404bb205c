package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the views for operators say about rows in every state. */
@OnEveryPostgres
class DiagnosticViewsTest {

    private static final String HOUR_AGO = "clock_timestamp() - interval '1 hour'";
    private static final String SOON = "clock_timestamp() + interval '10 minutes'";
    private static final String JUST_NOW = "clock_timestamp() - interval '2 minutes'";

    @AutoClose
    private final OutboxFixture outbox;

    DiagnosticViewsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
    }

    private @Nullable String why(long id) {
        return outbox.database.text("SELECT why FROM tempost.stuck WHERE id = ?", id);
    }

    private @Nullable String detail(long id) {
        return outbox.database.text("SELECT detail FROM tempost.stuck WHERE id = ?", id);
    }

    @Test
    void whatIsHandledIsNotStuck() {
        outbox.pending();
        outbox.row("deliver_after, created_at", SOON, HOUR_AGO);
        outbox.row("created_at, waits_for, next_attempt_at", HOUR_AGO, "'time'", SOON);
        outbox.row("created_at, status, dispatched_at, next_attempt_at", HOUR_AGO, "'dispatched'", HOUR_AGO, SOON);
        outbox.row("created_at, status, dispatched_at, lease_until", HOUR_AGO, "'dispatched'", HOUR_AGO, SOON);
        outbox.row("created_at, status", HOUR_AGO, "'failed'");
        outbox.row("created_at, status", HOUR_AGO, "'delivered'");

        assertThat(outbox.database.text("SELECT string_agg(s::text, '; ') FROM tempost.stuck s"))
                .isNull();
    }

    @Test
    void whatNoReplicaClaimsNamesTheProvidersThatAreDown() {
        long id = outbox.row("created_at", HOUR_AGO);
        assertThat(why(id)).isEqualTo("unclaimed");
        assertThat(detail(id)).isNull();

        down("relay");

        assertThat(detail(id)).isEqualTo("providers that are down: relay");
        assertThat(
                        outbox.database.text(
                                "SELECT now() - since BETWEEN interval '59 minutes' AND interval '61 minutes' FROM tempost.stuck"))
                .isEqualTo("true");
    }

    @Test
    void whatASwitchHoldsBackNamesIt() {
        long id = outbox.row("created_at, tenant, shard_key", HOUR_AGO, "'acme'", "'s'");
        long other = outbox.row("created_at, tenant, shard_key", HOUR_AGO, "'acme'", "'t'");
        outbox.database.execute(
                "SELECT tempost.pause('unpaid', tenant => 'acme', shard_key => 's', paused_by => 'ada')");

        assertThat(why(id)).isEqualTo("paused");
        assertThat(detail(id)).matches("by ada since .*: unpaid");
        assertThat(why(other)).isEqualTo("unclaimed");
    }

    @Test
    void whatWaitsInItsShardNamesTheRowBeforeIt() {
        long head = outbox.row(
                "created_at, shard_key, status, last_error_type", HOUR_AGO, "'s'", "'failed'", "'MailboxUnknown'");
        long behind = outbox.row("created_at, shard_key, waits_for", HOUR_AGO, "'s'", "'turn'");
        outbox.database.execute("INSERT INTO tempost.shard (tenant, shard_key, head) VALUES ('default', 's', ?)", head);

        assertThat(why(behind)).isEqualTo("shard");
        assertThat(detail(behind)).isEqualTo("behind row " + head + ", which is failed (MailboxUnknown)");
        assertThat(why(head)).as("it waits for a decision").isNull();
        assertThat(outbox.database.text("SELECT concat_ws(' ', shard_key, depth, head, head_status, last_error_type)"
                        + " FROM tempost.shard_depth"))
                .isEqualTo("s 2 " + head + " failed MailboxUnknown");
    }

    @Test
    void aShardThatNoClaimHasLookedAtHasItsFirstRowAsHead() {
        long first = outbox.row("shard_key", "'s'");
        outbox.row("shard_key", "'s'");

        assertThat(outbox.database.text(
                        "SELECT concat_ws(' ', depth, head, head_status, since) FROM tempost.shard_depth"))
                .isEqualTo("2 " + first + " pending");
    }

    @Test
    void whatWaitsForItsProviderNamesItAndWhatWasRefusedSaysWhy() {
        down("relay");
        long waits = outbox.row(
                "created_at, status, dispatched_at, next_attempt_at, provider",
                HOUR_AGO,
                "'dispatched'",
                HOUR_AGO,
                SOON,
                "'relay'");
        long refused =
                outbox.row("created_at, last_error_type, last_error", HOUR_AGO, "'StartRefused'", "'no namespace'");

        assertThat(why(waits)).isEqualTo("provider");
        assertThat(detail(waits)).matches("relay since .*: CredentialsRejected");
        assertThat(why(refused)).isEqualTo("start refused");
        assertThat(detail(refused)).isEqualTo("no namespace");
    }

    @Test
    void whatNobodyDrivesSaysSinceWhen() {
        long lease = outbox.row(
                "created_at, status, dispatched_at, lease_until", HOUR_AGO, "'dispatched'", HOUR_AGO, JUST_NOW);
        long overdue = outbox.row(
                "created_at, status, dispatched_at, next_attempt_at", HOUR_AGO, "'dispatched'", HOUR_AGO, JUST_NOW);
        long wedged = outbox.row("created_at, status, dispatched_at", HOUR_AGO, "'dispatched'", HOUR_AGO);
        outbox.database.execute(
                "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline) VALUES (?, 1, 'run', 'relay',"
                        + " clock_timestamp() - interval '1 minute')",
                overdue);

        assertThat(why(lease)).isEqualTo("lease");
        assertThat(why(overdue)).isEqualTo("overdue");
        assertThat(detail(overdue)).startsWith("attempt 1 has not ended, its deadline was ");
        assertThat(why(wedged)).isEqualTo("wedged");
        assertThat(
                        outbox.database.text(
                                "SELECT string_agg(age, ' ' ORDER BY id)"
                                        + " FROM (SELECT id, round(extract(epoch FROM now() - since) / 60)::text AS age FROM tempost.stuck) s"))
                .isEqualTo("2 2 60");
    }

    @Test
    void aHistoryHasEachAttemptOfEachRow() {
        long tried = outbox.row("job_id, shard_key", "'order-7'", "'s'");
        long untried = outbox.row("job_id", "'order-7'");
        outbox.database.execute(
                "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline, finished_at, phase, reply)"
                        + " VALUES (?, 1, 'run', 'relay', now(), now(), 'transient', '451'),"
                        + " (?, 2, 'run', 'relay', now(), now(), 'accepted', '250')",
                tried,
                tried);

        assertThat(outbox.database.text("SELECT string_agg(concat_ws(' ', id, status, attempt, phase, reply), ', '"
                        + " ORDER BY id, attempt) FROM tempost.object_history WHERE job_id = 'order-7'"))
                .isEqualTo(tried + " pending 1 transient 451, " + tried + " pending 2 accepted 250, " + untried
                        + " pending");
    }

    private void down(String provider) {
        outbox.database.execute(
                "INSERT INTO tempost.provider (name, down_since, probe_at, error_type, error) VALUES"
                        + " (?, now(), now() + interval '1 hour', 'CredentialsRejected', '535')",
                provider);
    }
}
