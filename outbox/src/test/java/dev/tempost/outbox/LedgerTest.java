package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.Mark;
import dev.tempost.outbox.ledger.Marked;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class LedgerTest {

    private static final Duration DEADLINE = Duration.ofMinutes(1);
    private static final Duration RESERVE = Duration.ofSeconds(5);

    @AutoClose
    private final OutboxFixture outbox;

    private final Ledger ledger;
    private final Rows rows;
    private final Claims claims;

    LedgerTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        ledger = new Ledger(outbox.database.dataSource());
        rows = new Rows(outbox.database.dataSource());
        claims = new Claims(outbox.database.dataSource());
    }

    private Admission open(long id) {
        return open(id, "run-1", false, false);
    }

    private Admission openAfterReset(long id) {
        return open(id, "run-2", true, false);
    }

    private Admission open(long id, String runId, boolean reset, boolean park) {
        return ledger.open(id, outbox.key(id), runId, reset, "smtp", "<m@example>", DEADLINE, park, Set.of())
                .admission();
    }

    private AttemptRef attempt(long id, int number) {
        return new AttemptRef(id, outbox.key(id), number, "delivery:" + id, "run-1");
    }

    private void refuse(long id, int attempt, RefusedPhase phase, boolean reached, @Nullable Duration retryIn) {
        ledger.refused(attempt(id, attempt), "smtp", phase, reached, "Greylisted", "451 later", retryIn);
    }

    @Test
    void aRowWhoseProcessDiesThreeTimesFails() {
        long id = outbox.inFlight();
        for (int attempt = 1; attempt <= 3; attempt++) {
            assertThat(open(id)).as("attempt " + attempt).isInstanceOf(Admission.Send.class);
            outbox.pastDeadline(id, attempt);
        }

        assertThat(open(id)).isInstanceOfSatisfying(Admission.Ended.class, ended -> {
            assertThat(ended.status()).isEqualTo(RowStatus.FAILED);
            assertThat(ended.errorType()).isEqualTo("CrashedWorker");
        });
        outbox.assertThatRow(id, "status = 'failed' AND attempts = 0 AND last_error LIKE 'three attempts in a row%'");
        assertThat(open(id, "run-2", true, false)).as("an operator's retry").isInstanceOf(Admission.Send.class);
    }

    @Test
    void anAttemptThatReportsIsNoCrash() {
        long id = outbox.inFlight();
        for (int attempt = 1; attempt <= 5; attempt++) {
            assertThat(open(id)).as("attempt " + attempt).isInstanceOf(Admission.Send.class);
            if (attempt == 3) {
                refuse(id, attempt, RefusedPhase.TRANSIENT, false, Duration.ZERO);
            } else {
                outbox.pastDeadline(id, attempt);
            }
        }
    }

    @Test
    void theGateHandsOutTheRowAndOpensAnAttempt() {
        long id = outbox.row(
                "status, recipient, payload, headers, dispatched_at",
                "'dispatched'",
                "'a@example.org'",
                "'{\"name\": \"Ada\"}'",
                "'{\"traceparent\": \"00\"}'",
                "now()");
        assertThat(open(id))
                .isEqualTo(
                        new Admission.Send(1, 0, "a@example.org", "{\"name\": \"Ada\"}", "{\"traceparent\": \"00\"}"));
        outbox.assertThatAttempt(
                id,
                1,
                "phase = 'connecting' AND NOT reached AND run_id = 'run-1' AND provider = 'smtp'"
                        + " AND message_id = '<m@example>' AND finished_at IS NULL"
                        + " AND deadline - started_at BETWEEN interval '59 s' AND interval '61 s'");
    }

    @Test
    void whoMeetsAnOpenAttemptWaitsUntilItsDeadline() {
        long id = outbox.inFlight();
        open(id);
        assertThat(open(id))
                .isInstanceOfSatisfying(
                        Admission.InProgress.class,
                        wait -> assertThat(wait.remaining()).isBetween(Duration.ofSeconds(50), DEADLINE));
    }

    @Test
    void aRowThatWasPutOffAsksNowAndThenAndIsSentAtItsTime() {
        long id = outbox.inFlight();
        outbox.set(id, "deliver_after = now() + interval '1 day'");
        assertThat(open(id))
                .as("whoever put it off may change his mind")
                .isInstanceOfSatisfying(
                        Admission.Snoozed.class,
                        wait -> assertThat(wait.remaining()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11)));
        outbox.set(id, "expires_at = now() + interval '1 minute'");
        assertThat(open(id))
                .as("it is not waited for longer than the row is worth anything")
                .isInstanceOfSatisfying(
                        Admission.Snoozed.class,
                        wait -> assertThat(wait.remaining()).isLessThan(Duration.ofSeconds(62)));
        assertThat(rows.sendNow(id)).isTrue();
        assertThat(open(id)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void aPendingRowIsNotSent() {
        long id = outbox.pending();
        assertThat(open(id)).isEqualTo(new Admission.NotDispatched());
        assertThat(rows.attempts(id)).isEmpty();
    }

    @Test
    void aResetSendsWhatFailedOrIsPending() {
        long failed = outbox.row("status, finished_at", "'failed'", "now()");
        assertThat(openAfterReset(failed)).isInstanceOf(Admission.Send.class);
        outbox.assertThatRow(failed, "status = 'dispatched' AND finished_at IS NULL AND dispatched_at IS NOT NULL");
        long pending = outbox.pending();
        assertThat(openAfterReset(pending)).isInstanceOf(Admission.Send.class);
        assertThat(outbox.status(pending)).isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    void aRowWithAnotherKeyIsMissing() {
        long id = outbox.inFlight();
        assertThat(ledger.open(id, UUID.randomUUID(), "run-1", true, "smtp", "<m>", DEADLINE, false, Set.of())
                        .admission())
                .isEqualTo(new Admission.Missing());
        assertThat(ledger.open(4711, UUID.randomUUID(), "run-1", true, "smtp", "<m>", DEADLINE, false, Set.of())
                        .admission())
                .isEqualTo(new Admission.Missing());
        assertThat(rows.attempts(id)).isEmpty();
    }

    @Test
    void aRowWithAnOutcomeIsNotSentAndSaysWhy() {
        for (RowStatus status : RowStatus.values()) {
            if (status == RowStatus.PENDING || status == RowStatus.DISPATCHED) {
                continue;
            }
            long id = outbox.row("status, reason", "'" + status.column() + "'", "'because'");
            assertThat(open(id)).isEqualTo(new Admission.Ended(status, "because", null, null));
            if (status != RowStatus.FAILED) {
                assertThat(openAfterReset(id)).isEqualTo(new Admission.Ended(status, "because", null, null));
            }
        }
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt"))
                .isZero();
    }

    @Test
    void theGateCancelsARowThatSomebodyWantsCancelled() {
        long id = outbox.inFlight();
        rows.cancel(id, "typo");
        assertThat(open(id)).isEqualTo(new Admission.Ended(RowStatus.CANCELLED, "typo", null, null));
        outbox.assertThatRow(id, "status = 'cancelled' AND finished_at IS NOT NULL AND lease_until IS NULL");
        outbox.assertThatRow(id, "run_id = 'run-1' AND reason = 'typo'");
    }

    @Test
    void theGateExpiresARowThatIsWorthless() {
        long id = outbox.inFlight();
        outbox.set(id, "expires_at = clock_timestamp() - interval '1 s', next_attempt_at = now()");
        assertThat(open(id))
                .isEqualTo(
                        new Admission.Ended(RowStatus.EXPIRED, "expires_at passed before it was accepted", null, null));
        outbox.assertThatRow(id, "status = 'expired' AND next_attempt_at IS NULL AND reason IS NOT NULL");
    }

    @Test
    void anAttemptThatDiedConnectingDoesNotCount() {
        long id = outbox.inFlight();
        open(id);
        outbox.pastDeadline(id, 1);
        assertThat(open(id)).isEqualTo(new Admission.Send(2, 0, null, "{}", "{}"));
        outbox.assertThatAttempt(id, 1, "phase = 'transient' AND NOT reached AND finished_at IS NOT NULL");
        outbox.assertThatRow(id, "attempts = 0 AND last_error IS NULL");
    }

    @Test
    void anAttemptThatDiedTransmittingIsAmbiguousAndCounts() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        assertThat(open(id)).isEqualTo(new Admission.Send(2, 1, null, "{}", "{}"));
        outbox.assertThatAttempt(id, 1, "phase = 'ambiguous' AND reached AND finished_at IS NOT NULL");
        outbox.assertThatRow(id, "attempts = 1 AND last_error_type = 'AmbiguousOutcome' AND last_error_at IS NOT NULL");
    }

    @Test
    void onlyAttemptsOfTheSameRunCountAgainstIt() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.TRANSIENT, true, Duration.ZERO);
        assertThat(openAfterReset(id)).isEqualTo(new Admission.Send(2, 0, null, "{}", "{}"));
    }

    @Test
    void anUnreadReplyParksTheRowHoweverOftenItIsAsked() {
        long id = outbox.inFlight();
        open(id, "run-1", false, true);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        assertThat(open(id, "run-1", false, true)).isEqualTo(new Admission.Parked());
        assertThat(open(id, "run-1", false, true)).isEqualTo(new Admission.Parked());
        assertThat(rows.attempts(id)).hasSize(1);
    }

    @Test
    void aWorkerKilledBetweenAnAmbiguousReplyAndItsReportDoesNotSendAgain() {
        long id = outbox.inFlight();
        open(id, "run-1", false, true);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        ledger.refused(
                attempt(id, 1), "smtp", RefusedPhase.AMBIGUOUS, true, "AmbiguousOutcome", "connection lost", null);
        assertThat(open(id, "run-1", false, true)).isEqualTo(new Admission.Parked());
        assertThat(open(id, "run-2", true, true)).isEqualTo(new Admission.Parked());
    }

    @Test
    void aParkedRowIsParkedForEveryResetUntilAnOperatorRetriesIt() {
        long id = outbox.inFlight();
        open(id, "run-1", false, true);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        open(id, "run-1", false, true);
        mark(id, "run-1", false, RowStatus.FAILED, "AmbiguousOutcome");
        assertThat(open(id, "run-2", true, true)).isEqualTo(new Admission.Parked());
        assertThat(outbox.status(id)).isEqualTo(RowStatus.FAILED);

        rows.retry(id);
        claims.claim(1, DEADLINE, EventTypes.all(), null);
        assertThat(open(id, "run-3", false, true)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void aRetriedParkedRowIsSentByAResetToo() {
        long id = outbox.row("status, last_error_type", "'failed'", "'AmbiguousOutcome'");
        assertThat(open(id, "run-2", true, true)).isEqualTo(new Admission.Parked());
        rows.retry(id);
        assertThat(open(id, "run-2", true, true)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void whereNothingIsParkedAnAmbiguousAttemptIsRepeated() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        ledger.refused(attempt(id, 1), "smtp", RefusedPhase.AMBIGUOUS, true, "AmbiguousOutcome", "lost", Duration.ZERO);
        assertThat(open(id)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void anAttemptBeginsToTransmitOnce() {
        long id = outbox.inFlight();
        open(id);
        assertThat(ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE)).isTrue();
        outbox.assertThatAttempt(id, 1, "phase = 'transmitting'");
        assertThat(ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE)).isFalse();
    }

    @Test
    void anAttemptDoesNotTransmitWithoutTimeToReadTheReply() {
        long id = outbox.inFlight();
        open(id);
        assertThat(ledger.transmitting(attempt(id, 1), DEADLINE, DEADLINE.plusSeconds(1)))
                .isFalse();
        outbox.database.execute("UPDATE tempost.attempt SET started_at = clock_timestamp() - interval '2 minutes'");
        assertThat(ledger.transmitting(attempt(id, 1), DEADLINE, Duration.ZERO)).isFalse();
        outbox.assertThatAttempt(id, 1, "phase = 'connecting'");
    }

    @Test
    void anAttemptThatTransmitsIsGivenUpAtItsDeadlineAndNotBefore() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), Duration.ofMinutes(10), RESERVE);
        outbox.assertThatAttempt(id, 1, "deadline = started_at + interval '10 minutes'");
        ledger.alive(attempt(id, 1), Duration.ofHours(1), Duration.ofHours(2));
        outbox.assertThatAttempt(id, 1, "deadline = started_at + interval '10 minutes'");
    }

    @Test
    void theGateSaysWhenItFindsAnAttemptThatMayHaveBeenAccepted() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        AttemptLedger.Opened second =
                ledger.open(id, outbox.key(id), "run-1", false, "smtp", "<m>", DEADLINE, false, Set.of());
        assertThat(second.foundAmbiguous()).isTrue();
        outbox.pastDeadline(id, 2);
        AttemptLedger.Opened third =
                ledger.open(id, outbox.key(id), "run-1", false, "smtp", "<m>", DEADLINE, false, Set.of());
        assertThat(third.foundAmbiguous()).isFalse();
        assertThat(third.admission()).isInstanceOf(Admission.Send.class);
    }

    @Test
    void aSignOfLifeProlongsAnAttemptThatConnectsButNotForEver() {
        long id = outbox.inFlight();
        open(id);
        outbox.pastDeadline(id, 1);
        ledger.alive(attempt(id, 1), Duration.ofSeconds(30), DEADLINE);
        outbox.assertThatAttempt(id, 1, "deadline > clock_timestamp() AND deadline < started_at + interval '1 minute'");
        ledger.alive(attempt(id, 1), Duration.ofHours(1), DEADLINE);
        outbox.assertThatAttempt(id, 1, "deadline = started_at + interval '1 minute'");
    }

    @Test
    void aSignOfLifeDoesNotWakeAnAttemptThatWasGivenUp() {
        long id = outbox.inFlight();
        open(id);
        outbox.pastDeadline(id, 1);
        open(id);
        ledger.alive(attempt(id, 1), Duration.ofMinutes(1), DEADLINE);
        outbox.assertThatAttempt(id, 1, "deadline < clock_timestamp() AND phase = 'transient'");
    }

    @Test
    void aRowWhoseLedgerKnowsOfAnAcceptanceIsRepairedAndNotSent() {
        long id = outbox.inFlight();
        open(id);
        ledger.accepted(attempt(id, 1), "smtp", "250", null);
        outbox.set(id, "status = 'dispatched', attempts = 0, finished_at = NULL, provider = NULL");
        assertThat(open(id)).isInstanceOf(Admission.Ended.class);
        outbox.assertThatRow(
                id,
                "status = 'delivered' AND attempts = 1 AND provider = 'smtp' AND finished_at IS NOT NULL"
                        + " AND reason = 'the ledger has its acceptance'");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt"))
                .isEqualTo(1);
    }

    @Test
    void aFailureDoesNotHideAnAcceptanceInTheLedger() {
        long id = outbox.inFlight();
        open(id);
        ledger.accepted(attempt(id, 1), "smtp", "250", null);
        outbox.set(id, "status = 'dispatched'");
        assertThat(mark(id, "run-1", false, RowStatus.FAILED, "WorkflowLost"))
                .isEqualTo(new Marked.Is(RowStatus.DELIVERED));
    }

    @Test
    void aRowThatEndsWhileItIsTransmittedSaysThatItMayHaveBeenSent() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        assertThat(mark(id, "run-1", false, RowStatus.CANCELLED, null)).isInstanceOf(Marked.InProgress.class);
        outbox.pastDeadline(id, 1);
        mark(id, "run-1", false, RowStatus.CANCELLED, null);
        outbox.assertThatAttempt(id, 1, "phase = 'ambiguous' AND reached AND finished_at IS NOT NULL");
        outbox.assertThatRow(
                id,
                "status = 'cancelled' AND attempts = 1 AND last_error_type = 'AmbiguousOutcome'"
                        + " AND reason LIKE '%it may have been sent'");
    }

    @Test
    void aRowThatEndsWhileItConnectsWasNotSent() {
        long id = outbox.inFlight();
        open(id);
        outbox.pastDeadline(id, 1);
        mark(id, "run-1", false, RowStatus.CANCELLED, null);
        outbox.assertThatAttempt(id, 1, "phase = 'transient' AND NOT reached AND finished_at IS NOT NULL");
        outbox.assertThatRow(id, "status = 'cancelled' AND attempts = 0 AND last_error_type IS NULL");
    }

    @Test
    void nothingIsSentThroughAProviderThatIsDown() {
        ProviderHealth providers = new ProviderHealth(outbox.database.dataSource());
        providers.takeDown("smtp", "CredentialsRejected", "535 authentication failed", Duration.ofSeconds(30));
        long id = outbox.inFlight();
        assertThat(open(id)).isInstanceOfSatisfying(Admission.ProviderDown.class, down -> {
            assertThat(down.remaining()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(35));
            assertThat(down.errorType()).isEqualTo("CredentialsRejected");
            assertThat(down.error()).isEqualTo("535 authentication failed");
        });
        outbox.assertThatRow(
                id,
                "status = 'dispatched' AND attempts = 0 AND lease_until IS NULL"
                        + " AND next_attempt_at > clock_timestamp()");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt"))
                .isZero();

        providers.bringUp("smtp");
        assertThat(open(id)).isInstanceOf(Admission.Send.class);
    }

    @Test
    void anAttemptOfAnotherRunIsNotTransmitted() {
        long id = outbox.inFlight();
        open(id);
        assertThat(ledger.transmitting(new AttemptRef(id, outbox.key(id), 1, "w", "run-0"), DEADLINE, RESERVE))
                .isFalse();
    }

    @Test
    void anAttemptThatWasGivenUpDoesNotTransmit() {
        long id = outbox.inFlight();
        open(id);
        outbox.pastDeadline(id, 1);
        open(id);
        assertThat(ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE)).isFalse();
        assertThat(ledger.transmitting(attempt(id, 2), DEADLINE, RESERVE)).isTrue();
    }

    @Test
    void anAcceptanceDeliversTheRowAndTellsItsLag() {
        long id = outbox.inFlight();
        outbox.set(id, "created_at = clock_timestamp() - interval '10 s', next_attempt_at = now()");
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        Duration lag = ledger.accepted(attempt(id, 1), "smtp", "250 queued as 1", "1");
        assertThat(lag).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(40));
        outbox.assertThatAttempt(
                id, 1, "phase = 'accepted' AND reached AND reply = '250 queued as 1' AND finished_at IS NOT NULL");
        outbox.assertThatRow(
                id,
                "status = 'delivered' AND attempts = 1 AND lease_until IS NULL AND next_attempt_at IS NULL"
                        + " AND finished_at IS NOT NULL AND provider = 'smtp' AND provider_message_id = '1'"
                        + " AND run_id = 'run-1' AND workflow_id = 'delivery:' || id AND reason IS NULL");
    }

    @Test
    void theLagOfAPostponedRowBeginsWhenItIsDue() {
        long id = outbox.inFlight();
        outbox.set(
                id,
                "created_at = clock_timestamp() - interval '1 day', deliver_after = clock_timestamp() - interval '1"
                        + " s'");
        open(id);
        assertThat(ledger.accepted(attempt(id, 1), "smtp", "250", null))
                .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(30));
    }

    @Test
    void anAcceptanceToldAgainChangesNothing() {
        long id = outbox.inFlight();
        open(id);
        ledger.accepted(attempt(id, 1), "smtp", "250 first", "1");
        String before = outbox.column(id, "outbox::text");
        assertThat(ledger.accepted(attempt(id, 1), "smtp", "250 second", "2")).isNull();
        assertThat(outbox.column(id, "outbox::text")).isEqualTo(before);
        outbox.assertThatAttempt(id, 1, "reply = '250 first'");
    }

    @Test
    void aDeliveredRowThatSomebodyWantedCancelledSaysThatItWasTooLate() {
        long id = outbox.inFlight();
        open(id);
        rows.cancel(id, "typo");
        ledger.accepted(attempt(id, 1), "smtp", "250", null);
        outbox.assertThatRow(id, "status = 'delivered' AND reason = 'the cancel came too late: typo'");
    }

    @Test
    void aLateAcceptanceDeliversARowThatWasFailed() {
        long id = outbox.inFlight();
        open(id);
        mark(id, "run-1", false, RowStatus.FAILED, "WorkflowLost");
        assertThat(ledger.accepted(attempt(id, 1), "smtp", "250", null)).isNotNull();
        outbox.assertThatRow(id, "status = 'delivered' AND attempts = 1");
    }

    @Test
    void aLateAcceptanceOfAnAttemptThatCountedDoesNotCountAgain() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        open(id);
        ledger.accepted(attempt(id, 1), "smtp", "250", null);
        outbox.assertThatRow(id, "status = 'delivered' AND attempts = 1");
        assertThat(open(id))
                .isInstanceOfSatisfying(
                        Admission.Ended.class, row -> assertThat(row.status()).isEqualTo(RowStatus.DELIVERED));
    }

    @Test
    void theSecondOfTwoAcceptancesIsRecordedInTheLedgerOnly() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        open(id);
        ledger.accepted(attempt(id, 2), "smtp", "250 second", "2");
        assertThat(ledger.accepted(attempt(id, 1), "smtp", "250 first", "1")).isNull();
        outbox.assertThatRow(id, "provider_message_id = '2' AND attempts = 2");
        outbox.assertThatAttempt(id, 1, "phase = 'accepted' AND reply = '250 first'");
    }

    @Test
    void anAcceptanceDeliversARowWhoseLedgerWasLost() {
        long id = outbox.pending();
        assertThat(ledger.accepted(attempt(id, 1), "smtp", "250", null)).isNotNull();
        outbox.assertThatRow(id, "status = 'delivered' AND attempts = 1");
    }

    @Test
    void resultsForAnotherKeyTouchNothing() {
        long id = outbox.inFlight();
        open(id);
        AttemptRef stranger = new AttemptRef(id, UUID.randomUUID(), 1, "w", "run-1");
        assertThat(ledger.accepted(stranger, "smtp", "250", null)).isNull();
        ledger.refused(stranger, "smtp", RefusedPhase.REJECTED, true, "MailboxUnknown", "550", null);
        outbox.assertThatAttempt(id, 1, "phase = 'connecting' AND finished_at IS NULL");
        outbox.assertThatRow(id, "status = 'dispatched' AND attempts = 0");
    }

    @Test
    void aTransientRefusalCountsAndHandsTheRowToItsWorkflow() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.TRANSIENT, true, Duration.ofMinutes(5));
        outbox.assertThatAttempt(
                id, 1, "phase = 'transient' AND reached AND reply = '451 later' AND finished_at IS NOT NULL");
        outbox.assertThatRow(
                id,
                "status = 'dispatched' AND attempts = 1 AND lease_until IS NULL AND last_error = '451 later'"
                        + " AND last_error_type = 'Greylisted' AND last_error_at IS NOT NULL AND provider = 'smtp'"
                        + " AND run_id = 'run-1' AND workflow_id = 'delivery:' || id AND next_attempt_at"
                        + " BETWEEN clock_timestamp() + interval '4 min' AND clock_timestamp() + interval '5 min'");
    }

    @Test
    void aRefusalThatReachedNobodyDoesNotCount() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.TRANSIENT, false, Duration.ZERO);
        outbox.assertThatRow(id, "attempts = 0 AND last_error IS NOT NULL");
        outbox.assertThatAttempt(id, 1, "NOT reached");
    }

    @Test
    void aFinalRefusalKeepsTheLeaseUntilTheRowIsMarked() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.REJECTED, true, null);
        outbox.assertThatRow(id, "lease_until IS NOT NULL AND next_attempt_at IS NULL AND attempts = 1");
        mark(id, "run-1", false, RowStatus.FAILED, "MailboxUnknown");
        outbox.assertThatRow(id, "lease_until IS NULL AND status = 'failed'");
    }

    @Test
    void aRefusalToldAgainChangesNothing() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.TRANSIENT, true, Duration.ofMinutes(5));
        String before = outbox.column(id, "outbox::text");
        refuse(id, 1, RefusedPhase.TRANSIENT, true, Duration.ofMinutes(5));
        assertThat(outbox.column(id, "outbox::text")).isEqualTo(before);
    }

    @Test
    void aLateRefusalCorrectsTheLedgerAndLeavesTheRowToTheNextAttempt() {
        long id = outbox.inFlight();
        open(id);
        ledger.transmitting(attempt(id, 1), DEADLINE, RESERVE);
        outbox.pastDeadline(id, 1);
        open(id);
        String before = outbox.column(id, "outbox::text");
        refuse(id, 1, RefusedPhase.REJECTED, true, null);
        assertThat(outbox.column(id, "outbox::text")).isEqualTo(before);
        outbox.assertThatAttempt(id, 1, "phase = 'rejected' AND reply = '451 later'");
        outbox.assertThatAttempt(id, 2, "phase = 'connecting' AND finished_at IS NULL");
    }

    private Marked mark(long id, String runId, boolean reset, RowStatus status, @Nullable String errorType) {
        String error = errorType == null ? null : "no: " + errorType;
        return ledger.mark(new Mark(id, outbox.key(id), "delivery:" + id, runId, reset, status, error, errorType, "r"));
    }

    @Test
    void aRowIsMarkedWithTheOutcomeOfItsWorkflow() {
        for (RowStatus status : new RowStatus[] {RowStatus.FAILED, RowStatus.CANCELLED}) {
            long id = outbox.inFlight();
            outbox.set(id, "next_attempt_at = now()");
            assertThat(mark(id, "run-1", false, status, "Type")).isEqualTo(new Marked.Is(status));
            outbox.assertThatRow(
                    id,
                    ("status = '%s' AND finished_at IS NOT NULL AND lease_until IS NULL AND next_attempt_at IS NULL"
                                    + " AND last_error = 'no: Type' AND last_error_type = 'Type' AND last_error_at IS"
                                    + " NOT NULL AND reason = 'r' AND run_id = 'run-1'")
                            .formatted(status.column()));
        }
    }

    @Test
    void aMarkWithoutAnErrorKeepsTheLastOne() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.TRANSIENT, true, Duration.ZERO);
        mark(id, "run-1", false, RowStatus.EXPIRED, null);
        outbox.assertThatRow(id, "last_error = '451 later' AND last_error_type = 'Greylisted'");
    }

    @Test
    void aRowThatHasItsOutcomeKeepsIt() {
        for (RowStatus status : RowStatus.values()) {
            if (status == RowStatus.DISPATCHED) {
                continue;
            }
            long id = outbox.row("status", "'" + status.column() + "'");
            assertThat(mark(id, "run-1", false, RowStatus.FAILED, "Type")).isEqualTo(new Marked.Is(status));
            assertThat(outbox.status(id)).isEqualTo(status);
        }
    }

    @Test
    void aPendingRowIsCancelledByItsWorkflow() {
        long cancelled = outbox.pending();
        assertThat(mark(cancelled, "run-1", false, RowStatus.CANCELLED, null))
                .isEqualTo(new Marked.Is(RowStatus.CANCELLED));
    }

    @Test
    void aResetThatHasSentNothingIsToldToSendAgain() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.REJECTED, true, null);
        mark(id, "run-1", false, RowStatus.FAILED, "MailboxUnknown");
        assertThat(mark(id, "run-2", true, RowStatus.FAILED, "MailboxUnknown")).isEqualTo(new Marked.SendAgain());
        assertThat(outbox.status(id)).isEqualTo(RowStatus.FAILED);

        openAfterReset(id);
        ledger.refused(
                new AttemptRef(id, outbox.key(id), 2, "delivery:" + id, "run-2"),
                "smtp",
                RefusedPhase.REJECTED,
                true,
                "MailboxUnknown",
                "550",
                null);
        assertThat(mark(id, "run-2", true, RowStatus.FAILED, "MailboxUnknown"))
                .isEqualTo(new Marked.Is(RowStatus.FAILED));
    }

    @Test
    void aResetOfADeliveredRowIsNotSentAgain() {
        long id = outbox.row("status", "'delivered'");
        assertThat(mark(id, "run-2", true, RowStatus.FAILED, "Type")).isEqualTo(new Marked.Is(RowStatus.DELIVERED));
        assertThat(openAfterReset(id)).isEqualTo(new Admission.Ended(RowStatus.DELIVERED, null, null, null));
    }

    @Test
    void aCancelOfADeliveredRowCameTooLate() {
        long id = outbox.row("status", "'delivered'");
        assertThat(mark(id, "run-1", false, RowStatus.CANCELLED, null)).isEqualTo(new Marked.Is(RowStatus.DELIVERED));
        outbox.assertThatRow(id, "reason = 'the cancel came too late: r'");
    }

    @Test
    void aRowThatSomebodyWantsCancelledIsCancelledRatherThanFailed() {
        long id = outbox.inFlight();
        rows.cancel(id, "typo");
        assertThat(mark(id, "run-1", false, RowStatus.FAILED, "Type")).isEqualTo(new Marked.Is(RowStatus.CANCELLED));
        outbox.assertThatRow(id, "status = 'cancelled' AND reason = 'typo' AND last_error_type = 'Type'");
    }

    @Test
    void aMarkForAnotherKeyIsMissing() {
        long id = outbox.inFlight();
        assertThat(ledger.mark(
                        new Mark(id, UUID.randomUUID(), "w", "run-1", false, RowStatus.FAILED, null, null, null)))
                .isEqualTo(new Marked.Missing());
        assertThat(outbox.status(id)).isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    void theLedgerIsReadInOrder() {
        long id = outbox.inFlight();
        open(id);
        refuse(id, 1, RefusedPhase.TRANSIENT, true, Duration.ZERO);
        open(id);
        assertThat(rows.attempts(id))
                .extracting(Rows.Attempt::attempt, Rows.Attempt::phase, Rows.Attempt::reply)
                .containsExactly(tuple(1, "transient", "451 later"), tuple(2, "connecting", null));
    }
}
