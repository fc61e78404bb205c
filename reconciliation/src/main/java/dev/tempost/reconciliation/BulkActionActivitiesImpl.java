package dev.tempost.reconciliation;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.workflows.BulkActionActivities;
import dev.tempost.workflows.BulkActionProgress;
import dev.tempost.workflows.FailureType;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCanceledException;
import io.temporal.failure.ApplicationFailure;
import java.util.UUID;

/** Works through the rows of a bulk action, at its pace, each step a short transaction that says how far it came. */
public final class BulkActionActivitiesImpl implements BulkActionActivities {

    private static final int LARGEST_STEP = 100;
    private static final long SECOND = 1_000_000_000;

    private final BulkActions actions;

    public BulkActionActivitiesImpl(BulkActions actions) {
        this.actions = actions;
    }

    @Override
    public BulkActionProgress workThroughRows(String id) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        UUID action = UUID.fromString(id);
        try {
            BulkActions.Progress progress = actions.find(action);
            long due = System.nanoTime();
            while (progress != null && progress.finishedAt() == null) {
                int step = Math.min(LARGEST_STEP, progress.perSecond());
                progress = actions.step(action, step);
                if (progress != null) {
                    heartbeat(context, action, progress);
                    due += SECOND * step / progress.perSecond();
                    Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
                }
            }
            return progress == null ? new BulkActionProgress(0, 0, true) : of(progress);
        } catch (OutboxUnavailableException e) {
            throw ApplicationFailure.newFailure(String.valueOf(e.getMessage()), FailureType.OUTBOX_UNAVAILABLE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApplicationFailure.newFailure("stopped before its end", FailureType.OUTBOX_UNAVAILABLE);
        }
    }

    /** Cancelled in Temporal, it ends as if somebody had cancelled it here. */
    private void heartbeat(ActivityExecutionContext context, UUID action, BulkActions.Progress progress) {
        try {
            context.heartbeat(of(progress));
        } catch (ActivityCanceledException e) {
            actions.cancel(action, "Temporal");
            actions.step(action, 1);
            throw e;
        }
    }

    private static BulkActionProgress of(BulkActions.Progress progress) {
        return new BulkActionProgress(progress.done(), progress.refused(), progress.cancelled());
    }
}
