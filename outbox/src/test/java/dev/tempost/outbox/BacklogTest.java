package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.PostgresVersion;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class BacklogTest {

    private static final String FUTURE = "clock_timestamp() + interval '1 hour'";

    @AutoClose
    private final OutboxFixture outbox;

    private final Backlog backlog;

    BacklogTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        backlog = new Backlog(outbox.database.dataSource());
    }

    @Test
    void openRowsAreCountedByTenantTypeAndStatus() {
        outbox.row("created_at", "clock_timestamp() - interval '1 hour'");
        outbox.row("deliver_after", FUTURE);
        outbox.row("tenant, deliver_after", "'acme'", FUTURE);
        outbox.row("status", "'failed'");
        outbox.row("status", "'delivered'");
        List<Backlog.Group> groups = backlog.groups();
        assertThat(groups)
                .extracting(group -> group.tenant() + " " + group.eventType() + " " + group.status() + " "
                        + group.rows() + " " + group.due())
                .containsExactly(
                        "acme welcome PENDING 1 0", "default welcome FAILED 1 1", "default welcome PENDING 2 1");
        assertThat(groups.get(0).oldestSeconds()).isZero();
        assertThat(groups.get(2).oldestSeconds()).isBetween(3600.0, 3660.0);
    }

    @Test
    void rowsThatNobodyDrivesAndRowsThatMayHaveBeenSentAreCounted() {
        String eleven = "clock_timestamp() - interval '11 minutes'";
        outbox.row("status, dispatched_at", "'dispatched'", eleven);
        outbox.row("status, dispatched_at, next_attempt_at", "'dispatched'", eleven, FUTURE);
        outbox.row("status, dispatched_at, lease_until", "'dispatched'", eleven, eleven);
        outbox.row("status, dispatched_at, last_error_type", "'dispatched'", "now()", "'AmbiguousOutcome'");
        assertThat(backlog.groups()).singleElement().satisfies(group -> {
            assertThat(group.rows()).isEqualTo(4);
            assertThat(group.wedged()).isEqualTo(1);
            assertThat(group.ambiguous()).isEqualTo(1);
        });
    }

    @Test
    void totalsCountFinishedRowsToo() {
        outbox.pending();
        outbox.row("status", "'delivered'");
        outbox.row("status, tenant", "'delivered'", "'acme'");
        assertThat(backlog.totals(null))
                .containsExactly(new Backlog.Total(RowStatus.DELIVERED, 2), new Backlog.Total(RowStatus.PENDING, 1));
        assertThat(backlog.totals("acme")).containsExactly(new Backlog.Total(RowStatus.DELIVERED, 1));
        assertThat(backlog.totals("nobody")).isEmpty();
    }

    @Test
    void whatIsDueOrInItsFirstAttemptIsUnfinished() {
        outbox.pending();
        outbox.inFlight();
        outbox.row("tenant", "'acme'");
        assertThat(backlog.unfinished(null)).isEqualTo(3);
        assertThat(backlog.unfinished("acme")).isEqualTo(1);
        assertThat(backlog.unfinished("nobody")).isZero();
    }

    @Test
    void whatWaitsForTimeOrForTemporalIsNotUnfinished() {
        outbox.row("deliver_after", FUTURE);
        outbox.row("next_attempt_at", FUTURE);
        outbox.row("status", "'dispatched'");
        outbox.row("status", "'failed'");
        assertThat(backlog.unfinished(null)).isZero();
    }

    @Test
    void aShardIsUnfinishedWhileItsHeadCanGo() {
        long head = outbox.row("shard_key", "'s'");
        outbox.row("shard_key", "'s'");
        assertThat(backlog.unfinished(null)).isEqualTo(2);
        outbox.set(head, "status = 'dispatched', lease_until = " + FUTURE);
        assertThat(backlog.unfinished(null)).isEqualTo(2);
        outbox.set(head, "lease_until = NULL");
        assertThat(backlog.unfinished(null)).isZero();
        outbox.set(head, "status = 'failed'");
        assertThat(backlog.unfinished(null)).isZero();
    }

    @Test
    void whatWaitsBehindAHeadThatIsNotDueIsNotUnfinished() {
        long head = outbox.row("shard_key, deliver_after", "'s'", FUTURE);
        outbox.row("shard_key", "'s'");
        assertThat(backlog.unfinished(null)).isZero();
        outbox.set(head, "deliver_after = NULL");
        outbox.set(head, "waits_for = 'time', next_attempt_at = " + FUTURE);
        assertThat(backlog.unfinished(null)).isZero();
    }
}
