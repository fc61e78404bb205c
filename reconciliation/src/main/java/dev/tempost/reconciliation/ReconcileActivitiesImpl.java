package dev.tempost.reconciliation;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.ReconcileActivities;
import dev.tempost.workflows.Repaired;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.failure.ApplicationFailure;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** Reconciles in parts that fit one activity each. */
public final class ReconcileActivitiesImpl implements ReconcileActivities {

    private static final int ENOUGH = 2000;

    private final Reconciler reconciler;
    private final Clock clock;
    private final Consumer<Disagreement> repairs;

    /** @param repairs told of every row that was repaired; must be quick and must not throw */
    public ReconcileActivitiesImpl(Reconciler reconciler, Clock clock, Consumer<Disagreement> repairs) {
        this.reconciler = reconciler;
        this.clock = clock;
        this.repairs = repairs;
    }

    @Override
    public Look look(Instant closedSince) {
        try {
            Repaired repaired = repaired(reconciler.repairClosed(closedSince, heartbeat()));
            BothSides numbers = reconciler.numbers(clock.instant());
            return new Look(numbers.waiting(), numbers.running(), numbers.wedged(), repaired);
        } catch (OutboxUnavailableException e) {
            throw away(e);
        }
    }

    @Override
    public Part compare(long after) {
        try {
            ComparedPage page = reconciler.compare(after, ENOUGH, true, heartbeat());
            return new Part(repaired(page.found()), page.upTo(), page.last());
        } catch (OutboxUnavailableException e) {
            throw away(e);
        }
    }

    private Repaired repaired(List<Disagreement> found) {
        found.forEach(repairs);
        return found.stream()
                .map(row -> Repaired.row(row.id(), row.finding(), row.outcome()))
                .reduce(Repaired.none(), Repaired::plus);
    }

    private static Runnable heartbeat() {
        ActivityExecutionContext context = Activity.getExecutionContext();
        return () -> context.heartbeat(null);
    }

    private static ApplicationFailure away(OutboxUnavailableException e) {
        return ApplicationFailure.newFailure(String.valueOf(e.getMessage()), FailureType.OUTBOX_UNAVAILABLE);
    }
}
