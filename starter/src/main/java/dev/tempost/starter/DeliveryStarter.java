package dev.tempost.starter;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.workflows.Attributes;
import dev.tempost.workflows.DeliveryPolicy;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.DeliveryWorkflow;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.enums.v1.WorkflowIdReusePolicy;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.common.SearchAttributes;

/** Starts the workflow of one row; starting it again changes nothing. */
final class DeliveryStarter {

    private final WorkflowClient client;
    private final StarterSettings settings;
    private final Policies policies;
    private final Deadlines deadlines;

    DeliveryStarter(WorkflowClient client, StarterSettings settings, Policies policies, Deadlines deadlines) {
        this.client = client;
        this.settings = settings;
        this.policies = policies;
        this.deadlines = deadlines;
    }

    /**
     * @return whether a rate limit makes it wait in Temporal, where it takes up no place of this process
     * @throws io.temporal.client.WorkflowExecutionAlreadyStarted when the row's workflow has completed
     * @throws io.grpc.StatusRuntimeException or {@link io.temporal.client.WorkflowServiceException} when it is unknown whether
     *     it was started
     */
    boolean start(ClaimedRow row) {
        DeliveryPolicy policy = policies.of(row.eventType());
        DeliveryRequest request = new DeliveryRequest(
                row.id(), row.key().toString(), row.tenant(), row.eventType(), row.priority(), policy);
        deadlines.call(() -> client.newUntypedWorkflowStub(DeliveryWorkflow.TYPE, options(row))
                .start(request));
        return policy.rateLimitedQueue() != null;
    }

    private WorkflowOptions options(ClaimedRow row) {
        Attributes attributes = settings.attributes();
        SearchAttributes.Builder values = attributes.of(row.tenant(), row.eventType());
        if (row.jobId() != null) {
            values.set(attributes.job(), row.jobId());
        }
        return options(settings, row.workflowId())
                .setTypedSearchAttributes(values.build())
                .setStaticSummary(row.eventType() + ", row " + row.id() + " of tenant " + row.tenant())
                .setStaticDetails("Row `" + row.id() + "`: `./tempost show " + row.id()
                        + "` lists its attempts; `./tempost retry " + row.id() + "` delivers it again once it failed.")
                .build();
    }

    /** What starts of all workflows have in common: they begin in this process, and only once. */
    static WorkflowOptions.Builder options(StarterSettings settings, String workflowId) {
        return WorkflowOptions.newBuilder()
                .setWorkflowId(workflowId)
                .setTaskQueue(settings.taskQueue())
                .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
                .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY)
                .setDisableEagerExecution(false);
    }
}
