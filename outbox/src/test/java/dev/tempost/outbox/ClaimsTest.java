package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.Stage;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class ClaimsTest {

    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final String PAST = "clock_timestamp() - interval '1 second'";
    private static final String FUTURE = "clock_timestamp() + interval '1 hour'";

    @AutoClose
    private final OutboxFixture outbox;

    private final Claims claims;
    private final DispatchedRows dispatched;

    ClaimsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        claims = new Claims(outbox.database.dataSource());
        dispatched = new DispatchedRows(outbox.database.dataSource());
    }

    private List<Long> claim(int limit) {
        return ids(claims.claim(limit, LEASE, EventTypes.all(), null).rows());
    }

    private static List<Long> ids(List<ClaimedRow> rows) {
        return rows.stream().map(ClaimedRow::id).toList();
    }

    @Test
    void rowsAreClaimedByPriorityAndThenById() {
        long later = outbox.row("priority", "3");
        long last = outbox.row("priority", "5");
        long first = outbox.row("priority", "1");
        long latest = outbox.row("priority", "3");
        assertThat(claim(10)).containsExactly(first, later, latest, last);
    }

    @Test
    void aClaimForUrgentRowsLeavesTheOthers() {
        long second = outbox.row("priority", "2");
        long urgent = outbox.row("priority", "1");
        long fifth = outbox.row("priority", "5");

        assertThat(claims.claimUrgent(10, LEASE, EventTypes.all(), null).rows())
                .extracting(ClaimedRow::id, ClaimedRow::priority)
                .containsExactly(tuple(urgent, 1));
        assertThat(claims.claim(10, LEASE, EventTypes.all(), null).rows())
                .extracting(ClaimedRow::id, ClaimedRow::priority)
                .containsExactly(tuple(second, 2), tuple(fifth, 5));
    }

    @Test
    void aClaimTakesNoMoreThanItsLimit() {
        long first = outbox.pending();
        long second = outbox.pending();
        assertThat(claim(1)).containsExactly(first);
        assertThat(claim(5)).containsExactly(second);
        assertThat(claim(5)).isEmpty();
    }

    @Test
    void aClaimedRowIsDispatchedUnderALease() {
        long id = outbox.row("tenant, job_id, expires_at", "'acme'", "'job-1'", FUTURE);
        ClaimedRow row = claims.claim(1, LEASE, EventTypes.all(), null).rows().getFirst();
        assertThat(row.key()).isEqualTo(outbox.key(id));
        assertThat(row.tenant()).isEqualTo("acme");
        assertThat(row.eventType()).isEqualTo("welcome");
        assertThat(row.jobId()).isEqualTo("job-1");
        assertThat(row.expiresAt()).isNotNull();
        assertThat(row.runId()).isNull();
        assertThat(row.workflowId())
                .isEqualTo("delivery:acme:" + id + ":" + row.key().toString().substring(0, 8));
        outbox.assertThatRow(id, "status = 'dispatched' AND dispatched_at <= clock_timestamp()");
        outbox.assertThatRow(
                id, "lease_until BETWEEN clock_timestamp() + interval '50 s' AND clock_timestamp() + interval '60 s'");
    }

    @Test
    void aRowLockedByAnotherClaimIsSkipped() throws SQLException {
        long locked = outbox.pending();
        long free = outbox.pending();
        try (Connection other = outbox.database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.outbox WHERE id = " + locked + " FOR NO KEY UPDATE");
            assertThat(claim(10)).containsExactly(free);
            other.rollback();
        }
        assertThat(claim(10)).containsExactly(locked);
    }

    @Test
    void onlyWhatIsDueIsClaimed() {
        outbox.row("deliver_after", FUTURE);
        outbox.row("next_attempt_at", FUTURE);
        outbox.row("expires_at", PAST);
        long due = outbox.row("deliver_after, next_attempt_at, expires_at", PAST, PAST, FUTURE);
        assertThat(claim(10)).containsExactly(due);
    }

    @Test
    void onlyPendingRowsAreClaimed() {
        for (RowStatus status : RowStatus.values()) {
            outbox.row("status", "'" + status.column() + "'");
        }
        assertThat(claim(20)).hasSize(1);
    }

    @Test
    void aTenantCanBeClaimedAlone() {
        outbox.row("tenant", "'acme'");
        long other = outbox.row("tenant", "'globex'");
        assertThat(ids(claims.claim(10, LEASE, EventTypes.all(), "globex").rows()))
                .containsExactly(other);
        assertThat(claims.claim(10, LEASE, EventTypes.all(), "nobody").rows()).isEmpty();
    }

    @Test
    void aShardGivesItsHeadOnly() {
        long head = outbox.row("shard_key", "'s'");
        long next = outbox.row("shard_key, priority", "'s'", "1");
        assertThat(claim(10)).containsExactly(head);
        assertThat(claim(10)).isEmpty();
        outbox.set(head, "status = 'delivered'");
        assertThat(claim(10)).containsExactly(next);
    }

    @Test
    void aFailedHeadBlocksItsShardUntilItIsDismissed() {
        long head = outbox.row("shard_key, status", "'s'", "'failed'");
        long next = outbox.row("shard_key", "'s'");
        assertThat(claim(10)).isEmpty();
        assertThat(new Rows(outbox.database.dataSource()).dismiss(head, "known"))
                .isTrue();
        assertThat(claim(10)).containsExactly(next);
    }

    @Test
    void aHeadThatIsNotDueHoldsItsShardBack() {
        outbox.row("shard_key, deliver_after", "'s'", FUTURE);
        outbox.row("shard_key", "'s'");
        assertThat(claim(10)).isEmpty();
    }

    @Test
    void aBlockedShardBlocksNoOtherShardAndNoOtherTenant() {
        outbox.row("shard_key, status", "'s'", "'failed'");
        outbox.row("shard_key", "'s'");
        long otherShard = outbox.row("shard_key", "'t'");
        long otherTenant = outbox.row("shard_key, tenant", "'s'", "'acme'");
        long noShard = outbox.pending();
        assertThat(claim(10)).containsExactlyInAnyOrder(otherShard, otherTenant, noShard);
    }

    @Test
    void aLowerIdThatCommitsLateIsStillClaimed() throws SQLException {
        try (Connection slow = outbox.database.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("INSERT INTO tempost.outbox (event_type) VALUES ('slow')");
            long quick = outbox.pending();
            assertThat(claim(10)).containsExactly(quick);
            slow.commit();
            List<Long> late = claim(10);
            assertThat(late).hasSize(1);
            assertThat(late.getFirst()).isLessThan(quick);
        }
    }

    @Test
    void aLeaseThatRanOutIsClaimedAgainOnce() {
        long lost = outbox.inFlight();
        outbox.inFlight();
        outbox.set(lost, "run_id = 'r1', lease_until = " + PAST);
        List<ClaimedRow> again = dispatched.reclaim(10, LEASE);
        assertThat(ids(again)).containsExactly(lost);
        assertThat(again.getFirst().runId()).isEqualTo("r1");
        outbox.assertThatRow(lost, "lease_until > clock_timestamp() AND status = 'dispatched'");
        assertThat(dispatched.reclaim(10, LEASE)).isEmpty();
    }

    @Test
    void aRowWithoutALeaseIsLeftToItsWorkflow() {
        long id = outbox.inFlight();
        dispatched.leave(outbox.claimed(id));
        outbox.assertThatRow(id, "lease_until IS NULL AND status = 'dispatched'");
        dispatched.renew(outbox.claimed(id), LEASE);
        outbox.assertThatRow(id, "lease_until IS NULL");
        assertThat(dispatched.reclaim(10, LEASE)).isEmpty();
    }

    @Test
    void aLeaseIsRenewedOnlyForTheRowWithItsKey() {
        long id = outbox.inFlight();
        dispatched.renew(outbox.claimed(id), Duration.ofHours(1));
        outbox.assertThatRow(id, "lease_until > clock_timestamp() + interval '50 minutes'");
        ClaimedRow stranger =
                new ClaimedRow(id, UUID.randomUUID(), "default", "welcome", 3, null, null, null, null, null);
        dispatched.renew(stranger, Duration.ofSeconds(1));
        dispatched.leave(stranger);
        dispatched.release(stranger, Duration.ZERO, "Stranger", "another row");
        outbox.assertThatRow(id, "status = 'dispatched' AND lease_until > clock_timestamp() + interval '50 minutes'");
    }

    @Test
    void aReleasedRowIsPendingAgainAfterItsDelay() {
        long id = outbox.inFlight();
        dispatched.release(outbox.claimed(id), Duration.ofMinutes(5), "StartRefused", "no such namespace");
        outbox.assertThatRow(id, "status = 'pending' AND lease_until IS NULL");
        outbox.assertThatRow(id, "last_error_type = 'StartRefused' AND last_error = 'no such namespace'");
        assertThat(claim(10)).isEmpty();
        outbox.set(id, "next_attempt_at = " + PAST);
        assertThat(claim(10)).containsExactly(id);
    }

    @Test
    void aRowWhoseLeaseIsGoneIsNotReleased() {
        long id = outbox.inFlight();
        outbox.set(id, "lease_until = NULL");
        dispatched.release(outbox.claimed(id), Duration.ZERO, "StartRefused", "too late");
        outbox.assertThatRow(id, "status = 'dispatched' AND last_error IS NULL");
    }

    @Test
    void aRowThatWasClaimedAgainIsNoLongerTheFirstClaims() {
        long id = outbox.inFlight();
        ClaimedRow first = outbox.claimed(id);
        outbox.set(id, "lease_until = " + PAST);
        ClaimedRow second = dispatched.reclaim(1, LEASE).getFirst();
        dispatched.release(first, Duration.ZERO, "StartRefused", "too late");
        dispatched.leave(first);
        dispatched.renew(first, Duration.ofHours(1));
        outbox.assertThatRow(id, "status = 'dispatched' AND lease_until < clock_timestamp() + interval '10 minutes'");
        dispatched.leave(second);
        outbox.assertThatRow(id, "lease_until IS NULL");
    }

    @Test
    void aClaimMayTakeSomeEventTypesOnlyOrAllButSome() {
        long welcome = outbox.pending();
        long news = outbox.database.number("INSERT INTO tempost.outbox (event_type) VALUES ('news') RETURNING id");
        assertThat(claims.claim(10, LEASE, new EventTypes(true, Set.of("digest")), null)
                        .rows())
                .isEmpty();
        assertThat(ids(claims.claim(10, LEASE, new EventTypes(false, Set.of("welcome")), null)
                        .rows()))
                .containsExactly(news);
        assertThat(ids(claims.claim(10, LEASE, new EventTypes(true, Set.of("welcome", "news")), null)
                        .rows()))
                .containsExactly(welcome);
    }

    @Test
    void whatHasNoLiveLeaseAndNoOpenAttemptHasEnded() {
        long live = outbox.inFlight();
        long lost = outbox.inFlight();
        outbox.set(lost, "lease_until = " + PAST);
        long left = outbox.inFlight();
        outbox.set(left, "lease_until = NULL");
        assertThat(dispatched.stages(new long[] {live, lost, left, 4711}))
                .containsOnly(
                        Map.entry(live, Stage.WAITING),
                        Map.entry(lost, Stage.ENDED),
                        Map.entry(left, Stage.ENDED),
                        Map.entry(4711L, Stage.ENDED));
        assertThat(dispatched.stages(new long[0])).isEmpty();
    }

    @Test
    void anAttemptPastItsDeadlineIsNotUnderWayHoweverOftenItsLeaseIsRenewed() {
        long sending = outbox.inFlight();
        long dead = outbox.inFlight();
        outbox.database.execute("INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline) VALUES ("
                + sending + ", 1, 'run', 'smtp', now() + interval '1 minute'), (" + dead + ", 1, 'run', 'smtp', " + PAST
                + ")");
        assertThat(dispatched.stages(new long[] {sending, dead}))
                .containsOnly(Map.entry(sending, Stage.SENDING), Map.entry(dead, Stage.ENDED));
    }

    @Test
    void pendingRowsExpireAndOthersDoNot() {
        long first = outbox.row("expires_at", "clock_timestamp() - interval '2 s'");
        long second = outbox.row("expires_at", PAST);
        long fresh = outbox.row("expires_at", FUTURE);
        long sent = outbox.row("expires_at, status", PAST, "'dispatched'");
        assertThat(claims.expire(1)).isEqualTo(1);
        outbox.assertThatRow(first, "status = 'expired' AND finished_at IS NOT NULL AND reason LIKE 'expires_at%'");
        assertThat(claims.expire(10)).isEqualTo(1);
        assertThat(outbox.status(second)).isEqualTo(RowStatus.EXPIRED);
        assertThat(outbox.status(fresh)).isEqualTo(RowStatus.PENDING);
        assertThat(outbox.status(sent)).isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    void rowsInFlightThatSomebodyWantsCancelledAreListedWithTheirRun() {
        outbox.inFlight();
        long id = outbox.inFlight();
        outbox.set(id, "run_id = 'r1'");
        new Rows(outbox.database.dataSource()).cancel(id, "typo");
        List<ClaimedRow> cancelling = dispatched.cancelling(0, 10);
        assertThat(ids(cancelling)).containsExactly(id);
        assertThat(cancelling.getFirst().runId()).isEqualTo("r1");
        assertThat(dispatched.cancelling(id, 10)).as("those after it").isEmpty();
    }
}
