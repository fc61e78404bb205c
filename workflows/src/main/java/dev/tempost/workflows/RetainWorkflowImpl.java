package dev.tempost.workflows;

import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/** Asks one worker to remove what is old. */
public final class RetainWorkflowImpl implements RetainWorkflow {

    // half a minute each; then the schedule starts another
    private static final int MOST_RUNS = 15;

    private final RetainActivities activities = Workflow.newActivityStub(
            RetainActivities.class,
            ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(Duration.ofMinutes(5))
                    .setHeartbeatTimeout(Duration.ofSeconds(30))
                    // the next run does it all again
                    .setRetryOptions(
                            RetryOptions.newBuilder().setMaximumAttempts(3).build())
                    .build());

    @Override
    public RetainResult retain() {
        RetainResult all = activities.removeFinished();
        for (int run = 1; run < MOST_RUNS && all.more(); run++) {
            all = all.plus(activities.removeFinished());
        }
        return all;
    }
}
