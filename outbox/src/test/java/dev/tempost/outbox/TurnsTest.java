package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.Shards;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Rows of a shard go out one after another, and of an object only the newest. */
@OnEveryPostgres
class TurnsTest {

    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final String FUTURE = "clock_timestamp() + interval '1 hour'";

    @AutoClose
    private final OutboxFixture outbox;

    private final Claims claims;
    private final Rows rows;
    private final Shards shards;

    TurnsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        claims = new Claims(
                outbox.database.dataSource(),
                new ClaimRules(Map.of(), List.of(), new EventTypes(true, Set.of("skipped")), ClaimRules.Batches.NONE));
        rows = new Rows(outbox.database.dataSource());
        shards = new Shards(outbox.database.dataSource());
    }

    private List<Long> claim() {
        return claims.claim(10, LEASE, EventTypes.all(), null).rows().stream()
                .map(ClaimedRow::id)
                .toList();
    }

    private long inShard(String type) {
        return outbox.database.number(
                "INSERT INTO tempost.outbox (event_type, shard_key) VALUES (?, 's') RETURNING id", type);
    }

    private long ofObject(String object) {
        return outbox.row("shard_key, object_key", "'s'", "'" + object + "'");
    }

    private void ended(long id, RowStatus status) {
        outbox.set(id, "status = '" + status.column() + "', lease_until = NULL");
    }

    private Admission gate(long id, boolean reset) {
        return new Ledger(outbox.database.dataSource())
                .open(id, outbox.key(id), reset ? "r2" : "r1", reset, "smtp", "<m>", LEASE, false, Set.of())
                .admission();
    }

    @Test
    void rowsOfAShardGoOutOneAfterAnother() {
        List<Long> ids = List.of(inShard("welcome"), inShard("welcome"), inShard("welcome"));
        for (long id : ids) {
            assertThat(claim()).containsExactly(id);
            assertThat(claim()).isEmpty();
            ended(id, RowStatus.DELIVERED);
        }
        assertThat(claim()).isEmpty();
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.shard")).isZero();
    }

    @Test
    void aFailedRowThatMayBeSkippedHoldsNothingBack() {
        long head = inShard("skipped");
        long next = inShard("welcome");
        assertThat(claim()).containsExactly(head);
        ended(head, RowStatus.FAILED);
        assertThat(claim()).containsExactly(next);
    }

    @Test
    void aSkippedRowThatIsRetriedWaitsForItsTurn() {
        long skipped = inShard("skipped");
        long second = inShard("welcome");
        long third = inShard("welcome");
        assertThat(claim()).containsExactly(skipped);
        ended(skipped, RowStatus.FAILED);
        assertThat(claim()).containsExactly(second);

        assertThat(rows.retry(skipped)).isTrue();
        assertThat(claim()).as("while another row is under way").isEmpty();
        ended(second, RowStatus.DELIVERED);
        assertThat(claim()).containsExactly(skipped);
        ended(skipped, RowStatus.DELIVERED);
        assertThat(claim()).containsExactly(third);
    }

    @Test
    void aFailedHeadThatIsRetriedKeepsItsPlace() {
        long head = inShard("welcome");
        long next = inShard("welcome");
        assertThat(claim()).containsExactly(head);
        outbox.set(head, "status = 'failed', lease_until = NULL, last_error_type = 'MailboxUnknown'");
        assertThat(claim()).isEmpty();
        assertThat(shards.deepest(null, 10))
                .singleElement()
                .satisfies(shard -> assertThat(shard.depth()).isEqualTo(2))
                .satisfies(shard -> assertThat(shard.reason())
                        .isEqualTo(
                                "row " + head + " failed (MailboxUnknown) and holds the shard: retry or dismiss it"));
        rows.retry(head);
        assertThat(claim()).containsExactly(head);
        ended(head, RowStatus.DELIVERED);
        assertThat(claim()).containsExactly(next);
    }

    @Test
    void aCancelledOrDeletedRowPassesItsTurnOn() {
        long cancelled = inShard("welcome");
        long deleted = inShard("welcome");
        long last = inShard("welcome");
        outbox.set(cancelled, "deliver_after = " + FUTURE);
        assertThat(claim()).isEmpty();
        assertThat(rows.cancel(cancelled, "no longer")).isTrue();
        assertThat(claim()).containsExactly(deleted);
        outbox.database.execute("DELETE FROM tempost.outbox WHERE id = ?", deleted);
        assertThat(claim()).containsExactly(last);
    }

    @Test
    void aRowCancelledInTheMiddleChangesNothingForTheOthers() {
        long head = inShard("welcome");
        long middle = inShard("welcome");
        long last = inShard("welcome");
        assertThat(claim()).containsExactly(head);
        rows.cancel(middle, "no longer");
        assertThat(claim()).isEmpty();
        ended(head, RowStatus.DELIVERED);
        assertThat(claim()).containsExactly(last);
    }

    @Test
    void aLowerIdThatCommitsLateGoesFirstWhileNothingIsUnderWay() throws SQLException {
        try (Connection slow = outbox.database.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("INSERT INTO tempost.outbox (event_type, shard_key) VALUES ('late', 's')");
            long higher = inShard("welcome");
            outbox.set(higher, "deliver_after = " + FUTURE);
            assertThat(claim()).isEmpty();
            slow.commit();
            assertThat(claim()).hasSize(1).doesNotContain(higher);
        }
    }

    @Test
    void aTurnThatCouldNotBePassedOnIsMended() throws SQLException {
        long head = inShard("welcome");
        long next = inShard("welcome");
        assertThat(claim()).containsExactly(head);
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT tempost.cancel(" + next + ", 'changed my mind')");
            ended(head, RowStatus.DELIVERED);
            application.rollback();
        }
        assertThat(claims.mendTurns()).isEqualTo(1);
        assertThat(claim()).containsExactly(next);
        assertThat(claims.mendTurns()).isZero();
    }

    @Test
    void anApplicationThatCancelsWithoutCommittingKeepsNoOutcomeWaiting() throws SQLException {
        long head = inShard("welcome");
        long next = inShard("welcome");
        assertThat(claim()).containsExactly(head);
        gate(head, false);
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT tempost.cancel(" + next + ", 'perhaps')");
            assertThat(new Ledger(outbox.database.dataSource())
                            .accepted(new AttemptRef(head, outbox.key(head), 1, "w", "r1"), "smtp", "250 ok", null))
                    .isNotNull();
            application.commit();
        }
        assertThat(claims.mendTurns()).isEqualTo(1);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.shard")).isZero();
    }

    @Test
    void theGateLetsOnlyTheRowWithTheTurnPass() {
        long head = inShard("welcome");
        long next = inShard("welcome");
        assertThat(claim()).containsExactly(head);
        assertThat(gate(next, true)).isInstanceOf(Admission.NotItsTurn.class);
        assertThat(gate(head, false)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void aResetOfASkippedRowWaitsForItsTurnAndTakesIt() {
        long skipped = inShard("skipped");
        long next = inShard("welcome");
        claim();
        ended(skipped, RowStatus.FAILED);
        assertThat(claim()).containsExactly(next);
        assertThat(gate(skipped, true)).isInstanceOf(Admission.NotItsTurn.class);
        assertThat(outbox.status(skipped)).isEqualTo(RowStatus.FAILED);
        ended(next, RowStatus.DELIVERED);
        assertThat(gate(skipped, true)).isInstanceOf(Admission.Send.class);
        assertThat(outbox.status(skipped)).isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    void aShardOfThousandsIsSetAsideAndTheRestGoesOn() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key)"
                + " SELECT 'welcome', 'deep' FROM generate_series(1, 7000)");
        long behind = outbox.pending();
        Claims.Claimed first = claims.claim(2, LEASE, EventTypes.all(), null);
        List<ClaimedRow> taken = new ArrayList<>(first.rows());
        while (taken.size() < 2) {
            Claims.Claimed next = claims.claim(2 - taken.size(), LEASE, EventTypes.all(), null);
            assertThat(next.more() || !next.rows().isEmpty())
                    .as("a claim that found nothing yet says that there is more")
                    .isTrue();
            taken.addAll(next.rows());
        }
        assertThat(taken).extracting(ClaimedRow::id).hasSize(2).contains(behind);
        assertThat(outbox.database.number(
                        "SELECT count(*) FROM tempost.outbox WHERE status = 'pending' AND waits_for IS NULL"))
                .as("rows that the next claim would look at again")
                .isZero();
    }

    @Test
    void ofAnObjectOnlyTheNewestIsSent() {
        long first = ofObject("a");
        long other = ofObject("b");
        long second = ofObject("a");
        long newest = ofObject("a");
        assertThat(claim()).containsExactly(other);
        outbox.assertThatRow(first, "status = 'superseded' AND superseded_by = " + newest);
        outbox.assertThatRow(second, "status = 'superseded' AND superseded_by = " + newest);
        ended(other, RowStatus.DELIVERED);
        assertThat(claim()).containsExactly(newest);
    }

    @Test
    void anOlderRowThatIsRetriedAfterANewerOneIsSuperseded() {
        long old = outbox.row("shard_key, object_key, status, skippable", "'s'", "'a'", "'failed'", "true");
        long newer = ofObject("a");
        assertThat(claim()).containsExactly(newer);
        ended(newer, RowStatus.DELIVERED);
        rows.retry(old);
        assertThat(claim()).isEmpty();
        outbox.assertThatRow(old, "status = 'superseded' AND superseded_by = " + newer);
    }

    @Test
    void anOlderRowThatCommitsLateIsSuperseded() throws SQLException {
        try (Connection slow = outbox.database.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute(
                    "INSERT INTO tempost.outbox (event_type, shard_key, object_key) VALUES ('welcome', 's', 'a')");
            long newer = ofObject("a");
            assertThat(claim()).containsExactly(newer);
            ended(newer, RowStatus.DELIVERED);
            slow.commit();
            assertThat(claim()).isEmpty();
            assertThat(outbox.database.number("SELECT superseded_by FROM tempost.outbox WHERE status = 'superseded'"))
                    .isEqualTo(newer);
        }
    }

    @Test
    void aRowInFlightIsSupersededAtItsNextAttempt() {
        long old = ofObject("a");
        assertThat(claim()).containsExactly(old);
        long newer = ofObject("a");
        assertThat(claim()).isEmpty();
        assertThat(gate(old, false))
                .isInstanceOfSatisfying(
                        Admission.Ended.class,
                        settled -> assertThat(settled.status()).isEqualTo(RowStatus.SUPERSEDED));
        assertThat(claim()).containsExactly(newer);
    }

    @Test
    void aNewerRowThatIsNotDueYetOrWillNotBeSentSupersedesNothing() {
        long old = ofObject("a");
        outbox.row("shard_key, object_key, deliver_after", "'s'", "'a'", FUTURE);
        outbox.row("shard_key, object_key, status", "'s'", "'a'", "'cancelled'");
        outbox.row("shard_key, object_key, status, cancel_requested_at", "'s'", "'a'", "'dispatched'", "now()");
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, shard_key, object_key) VALUES ('another', 's', 'a')");
        outbox.row("shard_key, object_key", "'t'", "'a'");
        assertThat(claim()).contains(old);
    }

    @Test
    void aRowInFlightInAnotherShardMattersNotToThisOne() {
        long one = outbox.row("shard_key", "'one'");
        long two = outbox.row("shard_key", "'two'");
        assertThat(claim()).containsExactlyInAnyOrder(one, two);
    }
}
