package dev.tempost.app.engine;

import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.workflows.BulkActionWorkflow;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Sees to it that each bulk action that has not ended has a workflow: one that was terminated, or lost with Temporal's database, gets
 * another, which goes on where it was. To end one for good, cancel it.
 */
final class BulkActionStarter {

    private static final int MOST = 50;
    private static final Duration BETWEEN_STARTS = Duration.ofSeconds(10);

    private final BulkActions actions;
    private final WorkflowClient client;
    private final String taskQueue;
    private final Map<UUID, Long> started = new HashMap<>();

    BulkActionStarter(BulkActions actions, WorkflowClient client, String taskQueue) {
        this.actions = actions;
        this.client = client;
        this.taskQueue = taskQueue;
    }

    void startThoseThatAreNotDone() {
        long now = System.nanoTime();
        started.values().removeIf(at -> now - at > BETWEEN_STARTS.toNanos());
        for (UUID id : actions.running(MOST)) {
            if (!started.containsKey(id)) {
                start(id);
                started.put(id, now);
            }
        }
    }

    private void start(UUID id) {
        WorkflowOptions options = WorkflowOptions.newBuilder()
                .setWorkflowId(BulkActionWorkflow.workflowId(id.toString()))
                .setTaskQueue(taskQueue)
                .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
                .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
                .setStaticSummary("Rows that match a filter, one after another")
                .build();
        client.newUntypedWorkflowStub(BulkActionWorkflow.TYPE, options).start(id.toString());
    }
}
