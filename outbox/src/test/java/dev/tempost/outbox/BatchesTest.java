package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.BatchLedger;
import dev.tempost.outbox.ledger.BatchLedger.Acceptance;
import dev.tempost.outbox.ledger.BatchLedger.Opening;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Rows that share a workflow: who may, and what the gate, the ledger and the row say of them. */
@OnEveryPostgres
class BatchesTest {

    private static final Duration LEASE = Duration.ofSeconds(20);
    private static final Duration DEADLINE = Duration.ofMinutes(1);
    private static final Duration RESERVE = Duration.ofSeconds(5);
    private static final String RUN = "run-1";

    @AutoClose
    private final OutboxFixture outbox;

    BatchesTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
    }

    private Claims claims(EventTypes always, EventTypes behindABacklog) {
        return new Claims(
                outbox.database.dataSource(),
                new ClaimRules(Map.of(), List.of(), EventTypes.NONE, new ClaimRules.Batches(always, behindABacklog)));
    }

    private List<ClaimedRow> claimBatches(Claims claims, int singles) {
        return claims.claimBatches(100, singles, LEASE, EventTypes.all(), null).rows();
    }

    /** That many rows of one batch. */
    private List<ClaimedRow> batch(int rows) {
        for (int i = 0; i < rows; i++) {
            outbox.pending();
        }
        List<ClaimedRow> batch = claimBatches(claims(EventTypes.all(), EventTypes.NONE), 0);
        assertThat(batch).hasSize(rows);
        return batch;
    }

    private BatchLedger ledger(List<ClaimedRow> batch) {
        return new BatchLedger(
                outbox.database.dataSource(),
                Objects.requireNonNull(batch.getFirst().batch()),
                RUN,
                "smtp",
                SuppressionReason.ALL);
    }

    private Map<Long, Admission> open(BatchLedger ledger, List<ClaimedRow> rows) {
        return ledger.open(
                rows.stream()
                        .map(row -> new Opening(row.id(), "<" + row.key() + ">"))
                        .toList(),
                DEADLINE);
    }

    private static List<Long> ids(List<ClaimedRow> rows) {
        return rows.stream().map(ClaimedRow::id).toList();
    }

    private AttemptRef attempt(ClaimedRow row) {
        return new AttemptRef(row.id(), row.key(), BatchLedger.ATTEMPT, row.workflowId(), RUN);
    }

    @Test
    void rowsOfALaneShareAWorkflowThatTheirRowsName() {
        LongStream.range(0, 3).forEach(i -> outbox.pending());
        long other = outbox.row("tenant", "'acme'");

        List<ClaimedRow> claimed = claimBatches(claims(EventTypes.all(), EventTypes.NONE), 0);

        assertThat(claimed.stream().map(ClaimedRow::batch).distinct())
                .hasSize(2)
                .doesNotContainNull();
        assertThat(claimed.stream()
                        .filter(row -> row.tenant().equals("default"))
                        .map(ClaimedRow::batch)
                        .distinct())
                .singleElement()
                .asString()
                .matches("batch:default:welcome:"
                        + claimed.stream()
                                .filter(row -> row.tenant().equals("default"))
                                .findFirst()
                                .orElseThrow()
                                .id() + ":[0-9a-f]{8}");
        Rows.Row row = Objects.requireNonNull(new Rows(outbox.database.dataSource()).find(other));
        assertThat(row.workflowId()).startsWith("batch:acme:welcome:" + other + ":");
    }

    @Test
    void urgentRowsThoseOfAShardAndThoseThatWereTriedGoAlone() {
        long urgent = outbox.row("priority", "1");
        long sharded = outbox.row("shard_key", "'s'");
        long tried = outbox.row("run_id", "'an earlier run'");
        long retried = outbox.row("retried_at", "now()");
        long plain = outbox.pending();
        Claims claims = claims(EventTypes.all(), EventTypes.NONE);

        List<ClaimedRow> claimed = claimBatches(claims, 2);

        assertThat(claimed)
                .as("the third that has to go alone finds no room, and nobody looks further: the lane keeps its order")
                .extracting(ClaimedRow::id)
                .containsExactlyInAnyOrder(sharded, tried, plain);
        assertThat(claimed.stream().filter(row -> row.batch() != null))
                .extracting(ClaimedRow::id)
                .containsExactly(plain);
        assertThat(claimBatches(claims, 1)).extracting(ClaimedRow::id).containsExactly(retried);
        assertThat(claims.claim(10, LEASE, EventTypes.all(), null).rows())
                .extracting(ClaimedRow::id)
                .containsExactly(urgent);
    }

    @Test
    void behindABacklogMeansMoreThanThereIsRoomForAlone() {
        Claims claims = claims(EventTypes.NONE, EventTypes.all());
        LongStream.range(0, 3).forEach(i -> outbox.pending());
        assertThat(claimBatches(claims, 3)).hasSize(3).allMatch(row -> row.batch() == null);

        LongStream.range(0, 3).forEach(i -> outbox.pending());
        assertThat(claimBatches(claims, 2)).hasSize(3).allMatch(row -> row.batch() != null);
    }

    @Test
    void otherEventTypesAreLeftToOtherClaims() {
        long id = outbox.pending();
        Claims claims = claims(new EventTypes(true, Set.of("newsletter")), EventTypes.NONE);

        assertThat(claimBatches(claims, 10)).isEmpty();
        assertThat(claims.claim(10, LEASE, EventTypes.all(), null).rows())
                .extracting(ClaimedRow::id)
                .containsExactly(id);
    }

    @Test
    void whatIsSentAndAcceptedIsDelivered() {
        List<ClaimedRow> batch = batch(3);
        BatchLedger ledger = ledger(batch);

        assertThat(open(ledger, batch).values()).allMatch(Admission.Send.class::isInstance);
        assertThat(ledger.transmitting(ids(batch), DEADLINE, RESERVE)).containsExactlyInAnyOrderElementsOf(ids(batch));
        Map<Long, Duration> lags = ledger.accepted(List.of(
                new Acceptance(batch.get(2).id(), "250 third", "q3"),
                new Acceptance(batch.get(0).id(), "250 first", null)));

        assertThat(lags).containsOnlyKeys(batch.get(0).id(), batch.get(2).id());
        assertThat(outbox.status(batch.get(0).id())).isEqualTo(RowStatus.DELIVERED);
        assertThat(outbox.status(batch.get(1).id())).isEqualTo(RowStatus.DISPATCHED);
        outbox.assertThatRow(
                batch.get(2).id(),
                "provider_message_id = 'q3' AND attempts = 1 AND provider = 'smtp' AND lease_until IS NULL AND run_id = 'run-1'");
        outbox.assertThatAttempt(batch.get(2).id(), 1, "phase = 'accepted' AND reply = '250 third' AND reported");
        assertThat(ledger.accepted(List.of(new Acceptance(batch.get(0).id(), "250 again", null))))
                .as("told twice, it is told by itself")
                .isEmpty();
    }

    @Test
    void theGateTellsWhatTheOthersAre() throws SQLException {
        List<ClaimedRow> batch = batch(7);
        BatchLedger ledger = ledger(batch);
        outbox.set(batch.get(6).id(), "deliver_after = now() + interval '1 hour'");
        outbox.set(batch.get(0).id(), "cancel_requested_at = now(), reason = 'not wanted'");
        outbox.set(batch.get(1).id(), "expires_at = now() - interval '1 second'");
        outbox.database.execute(
                "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline)"
                        + " VALUES (?, 1, 'another', 'smtp', now() + interval '40 seconds')",
                batch.get(2).id());
        outbox.set(batch.get(3).id(), "status = 'delivered'");

        Map<Long, Admission> answers;
        try (Connection somebody = outbox.database.dataSource().getConnection();
                Statement statement = somebody.createStatement()) {
            somebody.setAutoCommit(false);
            statement.execute(
                    "SELECT FROM tempost.outbox WHERE id = " + batch.get(4).id() + " FOR UPDATE");
            answers = open(ledger, batch);
            somebody.rollback();
        }

        assertThat(answers.get(batch.get(0).id())).isInstanceOfSatisfying(Admission.Ended.class, ended -> {
            assertThat(ended.status()).isEqualTo(RowStatus.CANCELLED);
            assertThat(ended.reason()).isEqualTo("not wanted");
        });
        assertThat(answers.get(batch.get(1).id()))
                .isInstanceOfSatisfying(
                        Admission.Ended.class,
                        ended -> assertThat(ended.status()).isEqualTo(RowStatus.EXPIRED));
        assertThat(answers.get(batch.get(2).id())).isInstanceOf(Admission.NotDispatched.class);
        outbox.assertThatRow(
                batch.get(2).id(),
                "status = 'pending' AND run_id = 'run-1' AND next_attempt_at > now() + interval '30 seconds'");
        assertThat(answers.get(batch.get(3).id())).isInstanceOf(Admission.Ended.class);
        assertThat(answers.get(batch.get(4).id())).isInstanceOf(Admission.Locked.class);
        assertThat(answers.get(batch.get(5).id())).isInstanceOf(Admission.Send.class);
        assertThat(answers.get(batch.get(6).id())).isInstanceOf(Admission.NotDispatched.class);
        outbox.assertThatRow(
                batch.get(6).id(), "status = 'pending' AND waits_for = 'time' AND next_attempt_at = deliver_after");
    }

    /** An attempt whose batch died, or never learnt that the gate had opened it. */
    private long triedAndGivenBack(String deadline) {
        List<ClaimedRow> batch = batch(1);
        long id = batch.getFirst().id();
        outbox.database.execute(
                "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, phase, deadline)"
                        + " VALUES (?, 1, 'another', 'smtp', 'transmitting', now() + " + deadline + ")",
                id);
        outbox.set(id, "cancel_requested_at = now(), reason = 'not wanted'");
        open(ledger(batch), batch);
        outbox.assertThatRow(id, "status = 'pending' AND cancel_requested_at IS NOT NULL");
        outbox.set(id, "cancel_requested_at = NULL, reason = NULL");
        return id;
    }

    private long unjudged(long id) {
        return outbox.database.number(
                "SELECT count(*) FROM tempost.attempt WHERE finished_at IS NULL AND outbox_id = " + id);
    }

    @Test
    void aCancelDoesNotEndARowWhoseAttemptIsUnjudged() {
        long id = triedAndGivenBack("interval '40 seconds'");
        outbox.database.execute("SELECT tempost.cancel_rows('{" + id + "}', 'not wanted')");
        outbox.assertThatRow(id, "status = 'pending' AND cancel_requested_at IS NOT NULL AND reason = 'not wanted'");
        assertThat(unjudged(id)).isOne();
    }

    @Test
    void anExpiryJudgesAnAttemptThatNobodyReportedOnceItsDeadlineHasPassed() {
        long underWay = triedAndGivenBack("interval '40 seconds'");
        long dead = triedAndGivenBack("interval '-1 second'");
        outbox.database.execute("UPDATE tempost.outbox SET expires_at = now() - interval '1 second'");
        outbox.database.execute("SELECT tempost.expire(10)");
        outbox.assertThatRow(underWay, "status = 'pending'");
        outbox.assertThatRow(dead, "status = 'expired' AND attempts = 1 AND last_error_type = 'AmbiguousOutcome'");
        assertThat(unjudged(dead)).isZero();
    }

    @Test
    void whatAnotherClaimTookMeanwhileIsNotSent() {
        List<ClaimedRow> batch = batch(1);
        BatchLedger ledger = ledger(batch);
        outbox.set(batch.getFirst().id(), "status = 'pending', lease_until = NULL");
        assertThat(claimBatches(claims(EventTypes.all(), EventTypes.NONE), 0)).hasSize(1);

        assertThat(open(ledger, batch).values()).noneMatch(Admission.Send.class::isInstance);
        assertThat(ledger.leave(ids(batch))).isZero();
    }

    @Test
    void aPauseAndAProviderThatIsDownSendRowsBackAsTheyCame() {
        List<ClaimedRow> paused = batch(2);
        new Pauses(outbox.database.dataSource()).pause(new Pauses.Scope("default", null, null), "a look first", "ops");
        assertThat(open(ledger(paused), paused).values()).allMatch(Admission.NotDispatched.class::isInstance);
        for (ClaimedRow row : paused) {
            outbox.assertThatRow(row.id(), "status = 'pending' AND waits_for = 'time' AND run_id IS NULL");
        }
    }

    @Test
    void aFailureForNowGoesOnAloneAndOneForGoodEndsTheRow() {
        List<ClaimedRow> batch = batch(3);
        BatchLedger ledger = ledger(batch);
        open(ledger, batch);
        refuse(ledger, batch.get(0), "Greylisted", Duration.ofSeconds(30));
        refuse(ledger, batch.get(1), "MailboxUnknown", null);
        outbox.set(batch.get(2).id(), "cancel_requested_at = now(), reason = 'too late for another'");
        refuse(ledger, batch.get(2), "Greylisted", Duration.ofSeconds(30));

        outbox.assertThatRow(
                batch.get(0).id(),
                "status = 'pending' AND waits_for = 'time' AND next_attempt_at > now() AND attempts = 1"
                        + " AND last_error_type = 'Greylisted' AND run_id = 'run-1' AND lease_until IS NULL");
        outbox.assertThatRow(
                batch.get(1).id(),
                "status = 'failed' AND last_error_type = 'MailboxUnknown' AND finished_at IS NOT NULL");
        outbox.assertThatRow(batch.get(2).id(), "status = 'cancelled' AND reason = 'too late for another'");

        outbox.set(batch.get(0).id(), "next_attempt_at = now() - interval '1 second'");
        assertThat(claimBatches(claims(EventTypes.all(), EventTypes.NONE), 5))
                .singleElement()
                .satisfies(row -> assertThat(row.batch()).isNull());
    }

    private void refuse(BatchLedger ledger, ClaimedRow row, String type, @Nullable Duration retryIn) {
        ledger.refused(attempt(row), RefusedPhase.TRANSIENT, true, type, "so it said", retryIn);
    }

    @Test
    void whatABatchDidNotComeToGoesBackAtOnceAndMayTravelAgain() {
        List<ClaimedRow> batch = batch(3);
        BatchLedger ledger = ledger(batch);
        open(ledger, batch.subList(0, 1));

        assertThat(ledger.leave(ids(batch))).isEqualTo(2);

        assertThat(outbox.status(batch.get(0).id())).as("it is being sent").isEqualTo(RowStatus.DISPATCHED);
        assertThat(claimBatches(claims(EventTypes.all(), EventTypes.NONE), 0))
                .hasSize(2)
                .allMatch(row -> row.batch() != null
                        && !row.batch().equals(batch.getFirst().batch()));
    }

    @Test
    void leasesAndDeadlinesAreProlonged() {
        List<ClaimedRow> batch = batch(2);
        BatchLedger ledger = ledger(batch);
        ledger.open(List.of(new Opening(batch.get(0).id(), "<m>")), Duration.ofSeconds(1));
        outbox.set(batch.get(1).id(), "lease_until = now() - interval '1 second'");

        ledger.alive(ids(batch), Duration.ofMinutes(5), DEADLINE);
        ledger.renew(ids(batch), Duration.ofMinutes(1));

        outbox.assertThatAttempt(
                batch.get(0).id(), 1, "deadline BETWEEN started_at + interval '59 s' AND started_at + interval '60 s'");
        outbox.assertThatRow(batch.get(1).id(), "lease_until > now() + interval '50 seconds'");
    }

    @Test
    void anAcceptanceThatACancelCameTooLateForIsToldByItself() {
        List<ClaimedRow> batch = batch(2);
        BatchLedger ledger = ledger(batch);
        open(ledger, batch);
        ledger.transmitting(ids(batch), DEADLINE, RESERVE);
        outbox.set(batch.get(0).id(), "cancel_requested_at = now(), reason = 'not wanted'");

        assertThat(ledger.accepted(batch.stream()
                        .map(row -> new Acceptance(row.id(), "250 ok", null))
                        .toList()))
                .containsOnlyKeys(batch.get(1).id());
        new Ledger(outbox.database.dataSource()).accepted(attempt(batch.get(0)), "smtp", "250 ok", null);

        outbox.assertThatRow(
                batch.get(0).id(), "status = 'delivered' AND reason = 'the cancel came too late: not wanted'");
    }

    @Test
    void anAttemptTooCloseToItsDeadlineDoesNotTransmit() {
        List<ClaimedRow> batch = batch(2);
        BatchLedger ledger = ledger(batch);
        open(ledger, batch);
        outbox.database.execute(
                "UPDATE tempost.attempt SET started_at = now() - interval '58 seconds' WHERE outbox_id = ?",
                batch.get(0).id());

        assertThat(ledger.transmitting(ids(batch), DEADLINE, RESERVE))
                .containsExactly(batch.get(1).id());
    }

    @Test
    void whatABatchWritesReadsItsOwnRowsAlone() throws SQLException {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, status, finished_at)"
                + " SELECT 'welcome', 'delivered', now() FROM generate_series(1, 6000)");
        // from then on the planner takes what is dispatched for next to nothing
        outbox.database.execute("VACUUM ANALYZE tempost.outbox");
        List<ClaimedRow> batch = batch(5);
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, status, dispatched_at, workflow_id)"
                + " SELECT 'welcome', 'dispatched', now(), 'another' FROM generate_series(1, 5000)");
        ClaimedRow row = batch.getFirst();

        try (Connection connection = outbox.database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT tempost.open_attempts('{%d}', '{m}', '%s', '%s', 'smtp', '1 minute')"
                    .formatted(row.id(), row.workflowId(), RUN));
            statement.execute(
                    "SELECT tempost.transmit_attempts('{%d}', '%s', '1 minute', '1 second')".formatted(row.id(), RUN));
            statement.execute("SELECT tempost.accept_attempts('{%d}', '%s', '%s', 'smtp', '{250}', '{NULL}')"
                    .formatted(row.id(), row.workflowId(), RUN));
            try (ResultSet read = statement.executeQuery("SELECT seq_tup_read + idx_tup_fetch, n_tup_upd"
                    + " FROM pg_stat_xact_user_tables WHERE relid = 'tempost.outbox'::regclass")) {
                read.next();
                assertThat(read.getLong(2)).isEqualTo(1);
                assertThat(read.getLong(1)).isLessThan(100);
            }
        }
    }
}
