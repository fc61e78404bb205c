package dev.tempost.workflows;

import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;

/** Has one worker after another go on, for as long as it takes. */
public final class BulkActionWorkflowImpl implements BulkActionWorkflow {

    private final BulkActionActivities activities = Workflow.newActivityStub(
            BulkActionActivities.class,
            ActivityOptions.newBuilder()
                    .setStartToCloseTimeout(Duration.ofDays(7))
                    .setHeartbeatTimeout(Duration.ofSeconds(15))
                    .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                    .setRetryOptions(RetryOptions.newBuilder()
                            .setInitialInterval(Duration.ofSeconds(1))
                            .setMaximumInterval(Duration.ofSeconds(10))
                            .build())
                    .build());

    @Override
    public BulkActionProgress run(String id) {
        return activities.workThroughRows(id);
    }
}
