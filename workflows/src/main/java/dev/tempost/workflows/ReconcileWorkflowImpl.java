package dev.tempost.workflows;

import dev.tempost.workflows.ReconcileActivities.Look;
import dev.tempost.workflows.ReconcileActivities.Part;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.time.Instant;

/** Looks at what closed lately, and at everything when the numbers disagree twice. */
public final class ReconcileWorkflowImpl implements ReconcileWorkflow {

    // several runs long, so that what a run could not repair yet, or a run that failed, is made up for
    private static final Duration LATELY = Duration.ofMinutes(3);
    private static final Duration BEFORE_LOOKING_AGAIN = Duration.ofSeconds(3);

    private final ReconcileActivities activities = Workflow.newActivityStub(
            ReconcileActivities.class,
            ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(Duration.ofMinutes(10))
                    .setHeartbeatTimeout(Duration.ofSeconds(30))
                    // the next run does it all again
                    .setRetryOptions(
                            RetryOptions.newBuilder().setMaximumAttempts(3).build())
                    .build());

    @Override
    public ReconcileResult reconcile() {
        Instant since = Instant.ofEpochMilli(Workflow.currentTimeMillis()).minus(LATELY);
        Look look = activities.look(since);
        Repaired repaired = look.repaired();
        if (look.waiting() != look.running()) {
            Workflow.sleep(BEFORE_LOOKING_AGAIN);
            look = activities.look(since);
            repaired = repaired.plus(look.repaired());
        }
        boolean compare = look.waiting() != look.running();
        long upTo = 0;
        for (boolean more = compare; more; ) {
            Part part = activities.compare(upTo);
            repaired = repaired.plus(part.repaired());
            upTo = part.upTo();
            more = !part.last();
        }
        return new ReconcileResult(
                look.waiting(), look.running(), look.wedged(), compare, repaired.counts(), repaired.rows());
    }
}
