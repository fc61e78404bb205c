package dev.tempost.workflows;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.errordetails.v1.NamespaceNotFoundFailure;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.serviceclient.StatusUtils;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Asks Temporal what became of a delivery. The one place that decides what follows for a row that was not told. */
public final class Fates {

    private static final long PATIENCE_SECONDS = 5;

    private final WorkflowClient client;

    public Fates(WorkflowClient client) {
        this.client = client;
    }

    /**
     * Describes the workflow's last run, and reads its result where it has one.
     *
     * @param key the row's key: a workflow of another row with the same id says nothing about this one
     * @throws StatusRuntimeException or {@link io.temporal.client.WorkflowServiceException} when Temporal cannot tell
     */
    public Fate of(String workflowId, String key) {
        WorkflowExecutionInfo workflow = describe(workflowId);
        if (workflow == null) {
            return new Fate.Ended(Fate.GONE, null, "pending", null, null, null);
        }
        String runId = workflow.getExecution().getRunId();
        WorkflowExecutionStatus status = workflow.getStatus();
        return switch (status) {
            case WORKFLOW_EXECUTION_STATUS_COMPLETED -> completed(workflowId, runId, key);
            case WORKFLOW_EXECUTION_STATUS_FAILED -> failed(workflowId, runId);
            // it ends so whenever somebody asked for it, whatever it came to: the ledger knows what was accepted
            case WORKFLOW_EXECUTION_STATUS_CANCELED ->
                new Fate.Ended(named(status), runId, "cancelled", "cancelled in Temporal", null, null);
            case WORKFLOW_EXECUTION_STATUS_TERMINATED, WORKFLOW_EXECUTION_STATUS_TIMED_OUT ->
                lost(named(status), runId);
            default -> new Fate.Running();
        };
    }

    private Fate completed(String workflowId, String runId, String key) {
        try {
            DeliveryResult result =
                    run(workflowId, runId).getResult(PATIENCE_SECONDS, TimeUnit.SECONDS, DeliveryResult.class);
            return result.key().equals(key)
                    ? new Fate.Ended(
                            "completed", runId, result.outcome(), "taken from the result of its workflow", null, null)
                    : lost("completed", runId);
        } catch (TimeoutException e) {
            throw Status.DEADLINE_EXCEEDED.withCause(e).asRuntimeException();
        }
    }

    private Fate failed(String workflowId, String runId) {
        try {
            run(workflowId, runId).getResult(PATIENCE_SECONDS, TimeUnit.SECONDS, DeliveryResult.class);
            return lost(Fate.FAILED, runId);
        } catch (WorkflowFailedException e) {
            if (!(e.getCause() instanceof ApplicationFailure failure)) {
                return lost(Fate.FAILED, runId);
            }
            // it gave way to the row's next claim, which did not start another
            return failure.getType().equals(FailureType.ROW_NOT_DISPATCHED)
                    ? new Fate.Ended(Fate.FAILED, runId, "pending", null, null, null)
                    : new Fate.Ended(
                            Fate.FAILED, runId, "failed", null, failure.getType(), failure.getOriginalMessage());
        } catch (TimeoutException e) {
            throw Status.DEADLINE_EXCEEDED.withCause(e).asRuntimeException();
        }
    }

    private static Fate lost(String closed, String runId) {
        return new Fate.Ended(
                closed,
                runId,
                "failed",
                null,
                FailureType.WORKFLOW_LOST,
                "its workflow is " + closed.replace('_', ' ')
                        + " and the row was not told; retry the row to send it, or dismiss it");
    }

    private WorkflowStub run(String workflowId, String runId) {
        return client.newUntypedWorkflowStub(WorkflowTargetOptions.newBuilder()
                .setWorkflowId(workflowId)
                .setRunId(runId)
                .build());
    }

    private @Nullable WorkflowExecutionInfo describe(String workflowId) {
        try {
            return client.getWorkflowServiceStubs()
                    .blockingStub()
                    .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                            .setNamespace(client.getOptions().getNamespace())
                            .setExecution(WorkflowExecution.newBuilder().setWorkflowId(workflowId))
                            .build())
                    .getWorkflowExecutionInfo();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND
                    && !StatusUtils.hasFailure(e, NamespaceNotFoundFailure.class)) {
                return null;
            }
            throw e;
        }
    }

    private static String named(WorkflowExecutionStatus status) {
        return status.name().replace("WORKFLOW_EXECUTION_STATUS_", "").toLowerCase(Locale.ROOT);
    }
}
