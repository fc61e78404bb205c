package dev.tempost.reconciliation;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Settlement;
import dev.tempost.workflows.BatchWorkflow;
import dev.tempost.workflows.DeliveryResult;
import dev.tempost.workflows.FailureType;
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

/** Asks Temporal what became of a delivery. The one place that decides what follows for a row that its workflow did not mark. */
public final class WorkflowInspector {

    private static final long TIMEOUT_SECONDS = 5;

    private final WorkflowClient client;

    public WorkflowInspector(WorkflowClient client) {
        this.client = client;
    }

    /**
     * Describes the workflow's last run, and reads its result where it has one.
     *
     * @param key the row's key: a workflow of another row with the same id says nothing about this one
     * @throws StatusRuntimeException or {@link io.temporal.client.WorkflowServiceException} when Temporal cannot tell
     */
    public WorkflowOutcome of(String workflowId, String key) {
        WorkflowExecutionInfo workflow = describe(workflowId);
        if (workflow == null) {
            return ended(WorkflowOutcome.GONE, null, RowStatus.PENDING, null);
        }
        String runId = workflow.getExecution().getRunId();
        WorkflowExecutionStatus status = workflow.getStatus();
        if (workflow.getType().getName().equals(BatchWorkflow.TYPE)
                && status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) {
            // how it closed says nothing of a single row: the ledger does, and what it does not know of goes back
            return ended(named(status), null, RowStatus.PENDING, null);
        }
        return switch (status) {
            case WORKFLOW_EXECUTION_STATUS_COMPLETED -> completed(workflowId, runId, key);
            case WORKFLOW_EXECUTION_STATUS_FAILED -> failed(workflowId, runId);
            // it ends so whenever somebody asked for it, whatever it came to: the ledger knows what was accepted
            case WORKFLOW_EXECUTION_STATUS_CANCELED ->
                ended(named(status), runId, RowStatus.CANCELLED, "cancelled in Temporal");
            case WORKFLOW_EXECUTION_STATUS_TERMINATED, WORKFLOW_EXECUTION_STATUS_TIMED_OUT ->
                lost(named(status), runId);
            default -> new WorkflowOutcome.Running();
        };
    }

    private WorkflowOutcome completed(String workflowId, String runId, String key) {
        try {
            DeliveryResult result =
                    run(workflowId, runId).getResult(TIMEOUT_SECONDS, TimeUnit.SECONDS, DeliveryResult.class);
            return result.key().equals(key)
                    ? ended(
                            "completed",
                            runId,
                            RowStatus.of(result.outcome().column()),
                            "taken from the result of its workflow")
                    : lost("completed", runId);
        } catch (TimeoutException e) {
            throw Status.DEADLINE_EXCEEDED.withCause(e).asRuntimeException();
        }
    }

    private WorkflowOutcome failed(String workflowId, String runId) {
        try {
            run(workflowId, runId).getResult(TIMEOUT_SECONDS, TimeUnit.SECONDS, DeliveryResult.class);
            return lost(WorkflowOutcome.FAILED, runId);
        } catch (WorkflowFailedException e) {
            if (!(e.getCause() instanceof ApplicationFailure failure)) {
                return lost(WorkflowOutcome.FAILED, runId);
            }
            // it gave way to the row's next claim, which did not start another
            return failure.getType().equals(FailureType.ROW_NOT_DISPATCHED)
                    ? ended(WorkflowOutcome.FAILED, runId, RowStatus.PENDING, null)
                    : failed(WorkflowOutcome.FAILED, runId, failure.getType(), failure.getOriginalMessage());
        } catch (TimeoutException e) {
            throw Status.DEADLINE_EXCEEDED.withCause(e).asRuntimeException();
        }
    }

    private static WorkflowOutcome lost(String closed, String runId) {
        return failed(
                closed,
                runId,
                FailureType.WORKFLOW_LOST,
                "its workflow is " + closed.replace('_', ' ')
                        + " and the row was not marked; retry the row to send it, or dismiss it");
    }

    private static WorkflowOutcome ended(
            String finding, @Nullable String runId, RowStatus status, @Nullable String reason) {
        return new WorkflowOutcome.Ended(finding, new Settlement(status, runId, reason, null, null));
    }

    private static WorkflowOutcome failed(String finding, String runId, String type, String message) {
        return new WorkflowOutcome.Ended(finding, new Settlement(RowStatus.FAILED, runId, null, type, message));
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
                    .withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS)
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
