package dev.tempost.app.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.app.chaos.check.Violation.Kind;
import org.junit.jupiter.api.Test;

class CheckerTest {

    private final Found found = new Found();

    private void finds(Kind... kinds) {
        assertThat(Checker.check(found.evidence()).violations())
                .extracting(Violation::kind)
                .containsExactlyInAnyOrder(kinds);
    }

    @Test
    void aDeliveredRowWithItsMailItsAttemptAndItsWorkflowIsFine() {
        found.delivered(1).produced("t2", Fate.ROLLED_BACK).produced("t3", Fate.UNKNOWN);

        finds();
    }

    @Test
    void whateverEndsWithItsReasonIsFine() {
        found.row(1, "cancelled")
                .row(2, "expired")
                .workflow(2, "Completed")
                .row(3, "failed", null, null, "MailboxUnknown")
                .attempt(3, 1, "rejected", 0, 1L)
                .workflow(3, "Failed")
                .row(4, "dismissed")
                .workflow(4, "Failed")
                .row(5, "cancelled")
                .workflow(5, "Canceled");

        finds();
    }

    @Test
    void aCommittedRowThatIsGoneIsLost() {
        found.produced("t9", Fate.COMMITTED);

        finds(Kind.LOST);
    }

    @Test
    void deliveredWithoutAMailIsLost() {
        found.row(1, "delivered").attempt(1, 1, "transient", 0, 1L).workflow(1, "Completed");

        finds(Kind.LOST);
    }

    @Test
    void anEndWithoutAReasonIsALoss() {
        found.row(1, "cancelled", null, null, null);

        finds(Kind.LOST);
    }

    @Test
    void aRowThatNeverEndsIsStuck() {
        found.row(1, "dispatched").workflow(1, "Completed").row(2, "pending");

        finds(Kind.STUCK, Kind.STUCK);
    }

    @Test
    void aMailOfARolledBackRowIsFound() {
        found.produced("t7", Fate.ROLLED_BACK).mail("t7", "t7", "<7@example.com>");

        finds(Kind.ROLLED_BACK_SENT);
    }

    @Test
    void aMailThatNobodyWroteIsFound() {
        found.mail("nobody", "nobody", "<0@example.com>");

        finds(Kind.ROLLED_BACK_SENT);
    }

    @Test
    void aSecondMailIsFineWhenAnAmbiguousAttemptAccountsForIt() {
        found.row(1, "delivered")
                .attempt(1, 1, "ambiguous", 0, 1L)
                .attempt(1, 2, "accepted", 2, 3L)
                .mail(1)
                .mail(1)
                .workflow(1, "Completed");

        finds();
        assertThat(Checker.check(found.evidence()).counts())
                .returns(1, Verdict.Counts::duplicates)
                .returns(1, Verdict.Counts::duplicatesRecorded);
    }

    @Test
    void aSecondMailThatNothingAccountsForIsFound() {
        found.delivered(1).mail(1).attempt(1, 2, "transient", 0, 0L);

        assertThat(Checker.check(found.evidence()).counts())
                .returns(1, Verdict.Counts::duplicates)
                .returns(0, Verdict.Counts::duplicatesRecorded);
        assertThat(Checker.check(found.evidence()).byKind()).containsEntry(Kind.UNRECORDED_DUPLICATE, 1);
    }

    @Test
    void aMailOfARowThatWasNotDeliveredNeedsAnAmbiguousAttempt() {
        found.row(1, "cancelled")
                .attempt(1, 1, "ambiguous", 0, 1L)
                .mail(1)
                .row(2, "cancelled")
                .attempt(2, 1, "transient", 0, 1L)
                .mail(2);

        finds(Kind.UNRECORDED_DUPLICATE);
    }

    @Test
    void anotherMessageIdOnACopyIsFound() {
        found.row(1, "delivered")
                .attempt(1, 1, "ambiguous", 0, 1L)
                .attempt(1, 2, "accepted", 2, 3L)
                .mail(1)
                .mail("t1", "t1", "<other@example.com>")
                .workflow(1, "Completed");

        finds(Kind.MESSAGE_ID_DIFFERS);
    }

    @Test
    void anotherRowsContentIsFound() {
        found.row(1, "delivered")
                .attempt(1, 1, "accepted", 0, 1L)
                .mail("t1", "t2", "<1@example.com>")
                .workflow(1, "Completed");

        finds(Kind.CONTENT_OF_ANOTHER_ROW);
    }

    @Test
    void anAcceptanceThatTheMailServerDoesNotKnowIsFound() {
        found.row(1, "delivered")
                .attempt(1, 1, "ambiguous", 0, 1L)
                .attempt(1, 2, "accepted", 2, 3L)
                .attempt(1, 3, "accepted", 2, 9L)
                .mail(1)
                .workflow(1, "Completed");

        assertThat(Checker.check(found.evidence()).byKind()).containsKey(Kind.ACCEPTANCE_WITHOUT_MAIL);
    }

    @Test
    void aSendAfterARecordedAcceptanceIsFound() {
        found.delivered(1).attempt(1, 2, "accepted", 2, 3L).mail(1);

        finds(Kind.SENT_AFTER_ACCEPTANCE);
    }

    @Test
    void anAcceptanceReportedAfterTheDeadlineIsNoSendAfterAcceptance() {
        found.row(1, "delivered")
                .attempt(1, 1, "accepted", 0, 20L)
                .attempt(1, 2, "accepted", 6, 7L)
                .mail(1)
                .mail(1)
                .workflow(1, "Completed");

        finds();
        assertThat(Checker.check(found.evidence()).counts().lateAcceptances()).isEqualTo(1);
    }

    @Test
    void attemptsAtTheSameTimeAreFound() {
        found.row(1, "delivered")
                .attempt(1, 1, "transient", 0, 4L)
                .attempt(1, 2, "accepted", 3, 5L)
                .mail(1)
                .workflow(1, "Completed");

        finds(Kind.ATTEMPTS_OVERLAP);
    }

    @Test
    void anAttemptThatNobodyClosedIsFound() {
        found.row(1, "delivered")
                .attempt(1, 1, "accepted", 0, 1L)
                .attempt(1, 2, "transmitting", 7, null)
                .mail(1)
                .workflow(1, "Completed");

        finds(Kind.SENT_AFTER_ACCEPTANCE, Kind.ATTEMPT_LEFT_OPEN);
    }

    @Test
    void anAcceptedRowThatIsNotDeliveredIsFound() {
        found.row(1, "cancelled").attempt(1, 1, "accepted", 0, 1L).mail(1);

        finds(Kind.ACCEPTED_BUT_NOT_DELIVERED);
    }

    @Test
    void aWorkflowThatStillRunsIsFound() {
        found.row(1, "delivered").attempt(1, 1, "accepted", 0, 1L).mail(1).workflow(1, "Running");

        finds(Kind.WORKFLOW_LEFT_RUNNING);
    }

    @Test
    void aWorkflowThatSaysSomethingElseIsFound() {
        found.row(1, "delivered")
                .attempt(1, 1, "accepted", 0, 1L)
                .mail(1)
                .workflow(1, "Failed")
                .row(2, "failed")
                .workflow(2, "Completed")
                .row(3, "cancelled")
                .workflow(3, "Terminated")
                .row(4, "delivered")
                .attempt(4, 1, "accepted", 0, 1L)
                .mail(4);

        finds(Kind.WORKFLOW_DISAGREES, Kind.WORKFLOW_DISAGREES, Kind.WORKFLOW_DISAGREES, Kind.WORKFLOW_DISAGREES);
    }

    @Test
    void onlyTheLastRunHasToAgree() {
        found.row(1, "delivered")
                .attempt(1, 1, "rejected", 0, 1L)
                .attempt(1, 2, "accepted", 2, 3L)
                .mail(1)
                .workflow(1, "Failed")
                .workflow(1, "Completed");

        finds();
    }

    @Test
    void anAcceptanceAfterItsWorkflowFailedIsFine() {
        found.row(1, "delivered").attempt(1, 1, "accepted", 0, 20L).mail(1).workflow(1, "Failed");

        finds();
    }

    @Test
    void aWorkflowOfNoRowIsFound() {
        found.workflow("delivery:default:9:00000009", "Completed", 10);

        finds(Kind.WORKFLOW_WITHOUT_ROW);
    }

    @Test
    void rowsOfOneShardOutOfOrderAreFound() {
        for (long id : new long[] {1, 3, 2}) {
            found.row(id, "delivered", "s", null, null)
                    .attempt(id, 1, "accepted", 0, 1L)
                    .mail(id)
                    .workflow(id, "Completed");
        }

        finds(Kind.OUT_OF_ORDER);
    }
}
