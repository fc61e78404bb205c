package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Backlog.Named;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class BacklogTest {

    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_WAIT = Duration.ofHours(1);
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
        List<Backlog.Group> groups = backlog.groups(null);
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
        assertThat(backlog.groups(null)).singleElement().satisfies(group -> {
            assertThat(group.rows()).isEqualTo(4);
            assertThat(group.wedged()).isEqualTo(1);
            assertThat(group.ambiguous()).isEqualTo(1);
        });
    }

    @Test
    void aRowWhoseLastAttemptNeverSaidHowItEndedIsGivenTheLongestWait() {
        String longAgo = "clock_timestamp() - interval '3 hours'";
        long row = outbox.row("status, dispatched_at, next_attempt_at", "'dispatched'", longAgo, longAgo);
        outbox.database.execute(
                "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline) VALUES (?, 1, 'run',"
                        + " 'default', clock_timestamp() - interval '1 hour')",
                row);
        assertThat(wedged()).as("its workflow may still come within the hour").isZero();

        outbox.database.execute("UPDATE tempost.attempt SET deadline = clock_timestamp() - interval '71 minutes'");
        assertThat(wedged()).as("it would have come").isOne();

        backlog.countWhenDue(PAUSE, Duration.ofHours(2), Named.NONE);
        assertThat(wedged()).as("it may wait for two hours").isZero();

        outbox.database.execute("UPDATE tempost.attempt SET phase = 'transient', finished_at = clock_timestamp()");
        assertThat(wedged()).as("it said how it ended, and when it would come").isOne();
    }

    @Test
    void oneReplicaCountsForAll() {
        outbox.row("created_at", "clock_timestamp() - interval '1 hour'");
        outbox.row("status", "'failed'");
        Backlog other = new Backlog(outbox.database.dataSource());

        assertThat(backlog.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE)).isTrue();
        assertThat(other.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE)).isFalse();

        Backlog.Counted counted = other.counted();
        assertThat(counted.age()).isLessThan(PAUSE);
        assertThat(counted.groups())
                .extracting(Backlog.Group::status, Backlog.Group::rows, Backlog.Group::due)
                .containsExactly(tuple(RowStatus.FAILED, 1L, 1L), tuple(RowStatus.PENDING, 1L, 1L));
        assertThat(counted.groups().get(1).oldestSeconds()).isBetween(3600.0, 3660.0);
    }

    @Test
    void whatWasCountedStaysUntilThePauseIsOverAndTellsItsAge() {
        backlog.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE);
        outbox.pending();
        outbox.database.execute("UPDATE tempost.backlog_count SET counted_at = counted_at - interval '7 minutes'");
        assertThat(backlog.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE)).isFalse();
        assertThat(backlog.counted().groups()).isEmpty();
        assertThat(backlog.counted().age()).isGreaterThan(Duration.ofMinutes(6));

        outbox.database.execute("UPDATE tempost.backlog_count SET next_at = clock_timestamp()");
        assertThat(backlog.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE)).isTrue();
        assertThat(backlog.counted().groups())
                .singleElement()
                .satisfies(group -> assertThat(group.rows()).isOne());
        assertThat(backlog.counted().age()).isLessThan(PAUSE);
    }

    @Test
    void aReplicaThatDiesOverACountHoldsItUpForAsLongAsTheLongestPause() {
        outbox.database.value("SELECT tempost.take_count('1 hour', '5 minutes')");

        assertThat(backlog.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE)).isFalse();
        assertThat(outbox.database.text("SELECT next_at - clock_timestamp() BETWEEN '1 minute' AND '5 minutes'"
                        + " FROM tempost.backlog_count"))
                .isEqualTo("true");
    }

    @Test
    void aClockThatWasAheadDoesNotStopTheCount() {
        outbox.database.execute("UPDATE tempost.backlog_count SET next_at = clock_timestamp() + interval '1 day'");

        assertThat(backlog.countWhenDue(PAUSE, LONGEST_WAIT, Named.NONE)).isTrue();
    }

    @Test
    void rowsThatASwitchHoldsBackAreCountedApartAndAreNotDue() {
        String longAgo = "clock_timestamp() - interval '1 hour'";
        outbox.row("created_at", longAgo);
        outbox.row("tenant, created_at", "'acme'", longAgo);
        outbox.row("tenant, shard_key, created_at", "'club'", "'s'", longAgo);
        outbox.row("tenant, shard_key, created_at", "'club'", "'t'", longAgo);
        outbox.row("tenant, status", "'acme'", "'failed'");
        Pauses pauses = new Pauses(outbox.database.dataSource());

        pauses.pause(new Pauses.Scope("acme", null, null), "unpaid", "ada");
        pauses.pause(new Pauses.Scope("club", null, "s"), "under investigation", "ada");
        assertThat(paused())
                .containsExactly("acme FAILED 1 0", "acme PENDING 0 1", "club PENDING 1 1", "default PENDING 1 0");
        assertThat(backlog.groups("acme").get(1).oldestSeconds())
                .as("the age of what is paused")
                .isZero();

        pauses.pause(new Pauses.Scope("club", "welcome", "t"), "too", "ada");
        pauses.pause(new Pauses.Scope(null, "other", null), "another event type", "ada");
        assertThat(paused()).contains("club PENDING 0 2", "default PENDING 1 0");

        pauses.pause(new Pauses.Scope("default", "welcome", null), "typo", "ada");
        assertThat(paused()).contains("default PENDING 0 1");

        pauses.resume(new Pauses.Scope("default", "welcome", null), "ada");
        pauses.resume(new Pauses.Scope("acme", null, null), "ada");
        pauses.pause(new Pauses.Scope(null, "welcome", null), "typo", "ada");
        assertThat(paused()).contains("acme PENDING 0 1", "default PENDING 0 1");

        pauses.resume(new Pauses.Scope(null, "welcome", null), "ada");
        pauses.pause(new Pauses.Scope(null, null, null), "fire", "ada");
        assertThat(paused()).contains("acme PENDING 0 1", "default PENDING 0 1");
    }

    /** As rows are told by tempost.pause_of, which the gate asks. */
    @Test
    void theBacklogAndTheGateAgreeOnWhatIsPaused() {
        outbox.database.execute("INSERT INTO tempost.outbox (tenant, event_type, shard_key)"
                + " SELECT 't' || t, 'e' || e, nullif('s' || s, 's0')"
                + " FROM generate_series(1, 3) t, generate_series(1, 3) e, generate_series(0, 2) s");
        outbox.database.execute("INSERT INTO tempost.pause (tenant, event_type, shard_key, reason, paused_by) VALUES"
                + " ('t1', NULL, NULL, 'x', 'ada'), (NULL, 'e1', NULL, 'x', 'ada'), ('t2', 'e2', NULL, 'x', 'ada'),"
                + " ('t2', NULL, 's1', 'x', 'ada'), ('t3', 'e3', 's2', 'x', 'ada')");

        assertThat(outbox.database.text("SELECT count(*) FILTER (WHERE r.is_paused) || ' ' || count(*) FILTER (WHERE"
                        + " r.is_paused <> ((tempost.pause_of(o.tenant, o.event_type, o.shard_key)).id IS NOT NULL))"
                        + " FROM tempost.open_row r JOIN tempost.outbox o USING (id)"))
                .as("paused rows, and those of which the two say different things")
                .isEqualTo("20 0");
    }

    @Test
    void madeUpTenantsAndEventTypesAreAddedUp() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, created_at)"
                + " SELECT 'made_up_' || n, clock_timestamp() - interval '2 hours' FROM generate_series(1, 3000) n");
        outbox.database.execute("INSERT INTO tempost.outbox (tenant, event_type, created_at)"
                + " SELECT 't' || n, 'welcome', clock_timestamp() FROM generate_series(1, 3000) n");
        outbox.database.execute("INSERT INTO tempost.outbox (tenant, event_type) VALUES ('acme', 'receipt')");
        Named named = new Named(Set.of("acme"), Set.of("receipt"));

        backlog.countWhenDue(PAUSE, LONGEST_WAIT, named);

        List<Backlog.Group> groups = backlog.counted().groups();
        assertThat(groups).hasSizeLessThan(300);
        assertThat(groups.stream().mapToLong(Backlog.Group::rows).sum()).isEqualTo(6001);
        assertThat(groups)
                .extracting(group -> group.tenant() + " " + group.eventType() + " " + group.rows())
                .contains("acme receipt 1", "default other 2951");
        assertThat(groups)
                .filteredOn(group -> group.tenant().equals(Backlog.OTHER))
                .singleElement()
                .satisfies(other -> {
                    assertThat(other.eventType()).isEqualTo("welcome");
                    assertThat(other.rows()).isGreaterThan(2000);
                });
        assertThat(groups)
                .filteredOn(group -> group.eventType().equals(Backlog.OTHER))
                .singleElement()
                .satisfies(other -> assertThat(other.oldestSeconds()).isBetween(7200.0, 7260.0));
        assertThat(backlog.eventTypes(100)).hasSize(100);
    }

    private List<String> paused() {
        return backlog.groups(null).stream()
                .map(group -> group.tenant() + " " + group.status() + " " + group.due() + " " + group.paused())
                .toList();
    }

    private long wedged() {
        return backlog.groups(null).getFirst().wedged();
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
