package dev.tempost.activities;

import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.FailureType;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a workflow is told when the gate lets nobody send: why, and when to ask again. What an operator or an application has
 * written into a reason stays in PostgreSQL.
 */
final class GateRefusal {

    private static final Duration CLAIMED_BY_THEN = Duration.ofSeconds(5);

    private GateRefusal() {}

    static ApplicationFailure of(Admission refusal, long id, Route route) {
        return switch (refusal) {
            case Admission.InProgress(Duration remaining) ->
                Failures.retryable(
                        FailureType.ATTEMPT_IN_PROGRESS,
                        "another attempt may still be sending; its deadline is " + remaining.toSeconds() + " s away",
                        remaining.plusMillis(50));
            case Admission.ProviderDown(Duration remaining, String errorType, String error) ->
                Failures.retryable(
                        errorType,
                        "nothing was sent: provider " + route.provider()
                                + (errorType.equals(FailureType.PAUSED)
                                        ? " is held; ./tempost status shows by whom and why"
                                        : " is down: " + error),
                        sooner(remaining, route.untilFallback()));
            case Admission.Paused(Duration remaining, String reason) ->
                Failures.retryable(
                        FailureType.PAUSED, "nothing was sent: paused; ./tempost status shows the switch", remaining);
            case Admission.Snoozed(Duration remaining) ->
                Failures.retryable(
                        FailureType.SNOOZED,
                        "nothing was sent: the row was put off by " + remaining.toSeconds() + " s",
                        remaining);
            case Admission.NotItsTurn(Duration remaining) ->
                Failures.retryable(
                        FailureType.NOT_ITS_TURN,
                        "another row of the shard has the turn; ./tempost shards names it",
                        remaining);
            case Admission.Locked(Duration remaining) ->
                Failures.retryable(
                        FailureType.OUTBOX_UNAVAILABLE,
                        "nothing was sent: another transaction holds the row's lock",
                        remaining);
            case Admission.NotDispatched() ->
                Failures.retryable(
                        FailureType.ROW_NOT_DISPATCHED,
                        "the row is pending again and waits to be claimed",
                        Failures.soon(CLAIMED_BY_THEN, CLAIMED_BY_THEN.plusSeconds(1)));
            case Admission.Parked() ->
                Failures.nonRetryable(
                        FailureType.AMBIGUOUS_OUTCOME,
                        "an earlier attempt may have been accepted; retry the row to send it again, or dismiss it");
            case Admission.Missing() ->
                Failures.nonRetryable(FailureType.ROW_MISSING, "row " + id + " with this key is gone");
            case Admission.Ended(RowStatus status, String reason, String errorType, String error) ->
                Failures.nonRetryable(
                        errorType == null ? FailureType.WORKFLOW_LOST : errorType,
                        error == null ? "row " + id + " was " + status.column() + " by another run" : error);
            case Admission.Send admitted -> throw new IllegalArgumentException("the gate admitted row " + id);
        };
    }

    private static Duration sooner(Duration remaining, @Nullable Duration untilFallback) {
        if (untilFallback == null || remaining.compareTo(untilFallback) < 0) {
            return remaining;
        }
        return Failures.soon(untilFallback.dividedBy(2), untilFallback);
    }
}
