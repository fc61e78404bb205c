package dev.tempost.workflows;

import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.common.Priority;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.stream.Collectors;

/** Delivers a batch. */
public final class BatchWorkflowImpl implements BatchWorkflow {

    // far longer than it takes rows on, and then their deadlines; heartbeats notice sooner that its process has died
    private static final Duration LONGEST = Duration.ofMinutes(30);
    private static final Duration HEARTBEAT_PATIENCE = Duration.ofSeconds(15);

    @Override
    public BatchProgress deliver(BatchRequest request) {
        BatchActivities activities = Workflow.newActivityStub(
                BatchActivities.class,
                ActivityOptions.newBuilder()
                        .setTaskQueue(taskQueue())
                        .setStartToCloseTimeout(LONGEST)
                        .setHeartbeatTimeout(HEARTBEAT_PATIENCE)
                        .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                        .setSummary(request.eventType() + ", " + request.rows().size() + " rows")
                        .setPriority(Priority.newBuilder()
                                .setPriorityKey(request.priority())
                                .build())
                        .setRetryOptions(RetryOptions.newBuilder()
                                .setInitialInterval(Duration.ofSeconds(1))
                                .setMaximumInterval(Duration.ofSeconds(30))
                                .build())
                        .build());
        BatchProgress result = activities.sendBatch(request);
        Workflow.setCurrentDetails(result.outcomes().entrySet().stream()
                .map(outcome -> outcome.getKey() + ": " + outcome.getValue())
                .collect(Collectors.joining(", ")));
        return result;
    }

    private static String taskQueue() {
        return BatchWorkflow.taskQueue(Workflow.getInfo().getTaskQueue());
    }
}
