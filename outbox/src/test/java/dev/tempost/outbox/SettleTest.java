package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.Reconciliation;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Settlement;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What becomes of a row that no workflow will tell any more. */
@OnEveryPostgres
class SettleTest {

    private static final Settlement LOST =
            new Settlement(RowStatus.FAILED, "r1", null, "WorkflowLost", "its workflow is terminated");
    private static final Settlement GIVEN_BACK = new Settlement(RowStatus.PENDING, null, null, null, null);
    private static final Settlement CANCELLED =
            new Settlement(RowStatus.CANCELLED, "r1", "cancelled in Temporal", null, null);

    @AutoClose
    private final OutboxFixture outbox;

    private final DispatchedRows dispatched;
    private final Ledger ledger;

    SettleTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        dispatched = new DispatchedRows(outbox.database.dataSource());
        ledger = new Ledger(outbox.database.dataSource());
    }

    @Test
    void aLostRowFailsAndSaysWhy() {
        long id = outbox.inFlight();

        assertThat(settle(id, LOST)).isEqualTo(RowStatus.FAILED);

        outbox.assertThatRow(
                id,
                "run_id = 'r1' AND last_error_type = 'WorkflowLost' AND last_error = 'its workflow is terminated'"
                        + " AND last_error_at IS NOT NULL AND lease_until IS NULL AND finished_at IS NOT NULL"
                        + " AND attempts = 0 AND reason IS NULL");
    }

    @Test
    void onlyADispatchedRowWithItsKeyIsSettled() {
        for (RowStatus status : RowStatus.values()) {
            if (status != RowStatus.DISPATCHED) {
                long id = outbox.row("status", "'" + status.column() + "'");
                assertThat(settle(id, LOST)).as(status.column()).isNull();
                assertThat(outbox.status(id)).isEqualTo(status);
            }
        }
        long id = outbox.inFlight();
        ClaimedRow stranger =
                new ClaimedRow(id, UUID.randomUUID(), "default", "welcome", 3, null, null, null, null, null);
        assertThat(dispatched.settle(stranger, null, LOST)).isNull();
        assertThat(outbox.status(id)).isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    void nothingIsWrittenWhileAnAttemptMayBeUnderWay() {
        long id = outbox.inFlight();
        open(id, "r1");

        assertThat(settle(id, LOST)).isNull();
        assertThat(settle(id, GIVEN_BACK)).isNull();

        outbox.assertThatRow(id, "status = 'dispatched' AND last_error IS NULL");
        outbox.assertThatAttempt(id, 1, "phase = 'connecting' AND finished_at IS NULL");
    }

    @Test
    void anAttemptThatDiedBeforeTheDotIsClosedAndCountsForNothing() {
        long id = outbox.inFlight();
        open(id, "r1");
        outbox.pastDeadline(id, 1);

        assertThat(settle(id, LOST)).isEqualTo(RowStatus.FAILED);

        outbox.assertThatAttempt(id, 1, "phase = 'transient' AND NOT reached AND finished_at IS NOT NULL");
        outbox.assertThatRow(id, "attempts = 0 AND last_error_type = 'WorkflowLost'");
    }

    @Test
    void anAttemptThatDiedAfterTheDotIsRecordedAsAmbiguous() {
        long id = outbox.inFlight();
        transmittingAndDead(id);

        assertThat(settle(id, LOST)).isEqualTo(RowStatus.FAILED);

        outbox.assertThatAttempt(id, 1, "phase = 'ambiguous' AND reached AND finished_at IS NOT NULL");
        outbox.assertThatRow(
                id,
                "attempts = 1 AND last_error_type = 'AmbiguousOutcome' AND reason = 'it may have been sent'"
                        + " AND last_error = 'no reply was recorded after the final dot'");
    }

    @Test
    void whatTheLedgerSaysWasAcceptedIsDeliveredWhateverIsAskedFor() {
        for (Settlement settlement : new Settlement[] {LOST, GIVEN_BACK, CANCELLED}) {
            long id = acceptedAndThenRegressed();

            assertThat(settle(id, settlement)).isEqualTo(RowStatus.DELIVERED);

            outbox.assertThatRow(
                    id,
                    "reason = 'the ledger has its acceptance' AND provider = 'smtp' AND finished_at IS NOT NULL"
                            + " AND last_error IS NULL");
        }
    }

    @Test
    void anAcceptedRowThatSomebodyWantedCancelledSaysThatItWasTooLate() {
        long id = acceptedAndThenRegressed();
        outbox.set(id, "cancel_requested_at = clock_timestamp(), reason = 'typo'");

        assertThat(settle(id, LOST)).isEqualTo(RowStatus.DELIVERED);

        outbox.assertThatRow(id, "reason = 'the cancel came too late: typo'");
    }

    @Test
    void aRowThatIsGivenBackIsDueAndKeepsWhatItKnows() {
        long id = outbox.inFlight();
        outbox.set(
                id,
                "lease_until = NULL, next_attempt_at = clock_timestamp() + interval '1 hour', attempts = 2,"
                        + " last_error = '451 busy', last_error_type = 'Greylisted', run_id = 'r1'");

        assertThat(settle(id, GIVEN_BACK)).isEqualTo(RowStatus.PENDING);

        outbox.assertThatRow(
                id,
                "next_attempt_at IS NULL AND lease_until IS NULL AND dispatched_at IS NOT NULL AND finished_at IS NULL"
                        + " AND attempts = 2 AND last_error = '451 busy' AND run_id = 'r1'");
        assertThat(new Claims(outbox.database.dataSource())
                        .claim(10, Duration.ofMinutes(1), EventTypes.all(), null)
                        .rows())
                .extracting(ClaimedRow::id)
                .containsExactly(id);
    }

    @Test
    void aRowThatIsGivenBackRemembersThatItMayHaveBeenSent() {
        long id = outbox.inFlight();
        transmittingAndDead(id);

        assertThat(settle(id, GIVEN_BACK)).isEqualTo(RowStatus.PENDING);

        outbox.assertThatRow(id, "attempts = 1 AND last_error_type = 'AmbiguousOutcome' AND reason IS NULL");
        outbox.assertThatAttempt(id, 1, "phase = 'ambiguous'");
    }

    @Test
    void aRowThatSomebodyWantsCancelledIsNotGivenBackAndDoesNotFail() {
        for (Settlement settlement : new Settlement[] {LOST, GIVEN_BACK}) {
            long id = outbox.inFlight();
            outbox.set(id, "cancel_requested_at = clock_timestamp(), reason = 'typo'");

            assertThat(settle(id, settlement)).isEqualTo(RowStatus.CANCELLED);

            outbox.assertThatRow(id, "reason = 'typo' AND finished_at IS NOT NULL");
        }
    }

    @Test
    void aCancelledRowThatMayHaveBeenSentSaysSo() {
        long wanted = outbox.inFlight();
        transmittingAndDead(wanted);
        outbox.set(wanted, "cancel_requested_at = clock_timestamp()");
        long ended = outbox.inFlight();
        transmittingAndDead(ended);

        assertThat(settle(wanted, GIVEN_BACK)).isEqualTo(RowStatus.CANCELLED);
        assertThat(settle(ended, CANCELLED)).isEqualTo(RowStatus.CANCELLED);

        outbox.assertThatRow(ended, "last_error_type = 'AmbiguousOutcome' AND reason LIKE '%it may have been sent'");
    }

    @Test
    void whoHoldsNoLeaseSettlesOnlyTheDispatchItAskedFor() {
        long id = outbox.inFlight();
        Instant asked = dispatchedAt(id);
        assertThat(dispatched.settle(outbox.claimed(id), asked, LOST))
                .as("while somebody holds a lease")
                .isNull();
        outbox.set(id, "lease_until = NULL, dispatched_at = clock_timestamp()");
        assertThat(dispatched.settle(outbox.claimed(id), asked, LOST))
                .as("dispatched anew")
                .isNull();

        assertThat(dispatched.settle(outbox.claimed(id), dispatchedAt(id), LOST))
                .isEqualTo(RowStatus.FAILED);
    }

    private @Nullable RowStatus settle(long id, Settlement settlement) {
        return dispatched.settle(outbox.claimed(id), null, settlement);
    }

    private Instant dispatchedAt(long id) {
        Reconciliation reconciliation = new Reconciliation(outbox.database.dataSource());
        String lease = outbox.column(id, "lease_until");
        outbox.set(id, "lease_until = NULL");
        Instant dispatchedAt = reconciliation.among(new long[] {id}).getFirst().dispatchedAt();
        outbox.set(id, lease == null ? "lease_until = NULL" : "lease_until = '" + lease + "'");
        return dispatchedAt;
    }

    private AttemptRef open(long id, String runId) {
        Admission.Send send = (Admission.Send)
                ledger.open(id, outbox.key(id), runId, false, "smtp", "<m>", Duration.ofMinutes(1), false, Set.of())
                        .admission();
        return new AttemptRef(id, outbox.key(id), send.attempt(), "w", runId);
    }

    private void transmittingAndDead(long id) {
        AttemptRef attempt = open(id, "r1");
        assertThat(ledger.transmitting(attempt, Duration.ofMinutes(1), Duration.ofSeconds(5)))
                .isTrue();
        outbox.pastDeadline(id, attempt.attempt());
    }

    private long acceptedAndThenRegressed() {
        long id = outbox.inFlight();
        ledger.accepted(open(id, "r1"), "smtp", "250 ok", null);
        outbox.set(id, "status = 'dispatched', finished_at = NULL");
        return id;
    }
}
