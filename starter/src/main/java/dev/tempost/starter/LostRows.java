package dev.tempost.starter;

import dev.tempost.outbox.ClaimedRow;
import dev.tempost.outbox.Claims;
import dev.tempost.outbox.RowStatus;
import dev.tempost.workflows.DeliveryResult;
import dev.tempost.workflows.FailureType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowTargetOptions;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks Temporal what became of a row whose lease ran out, and starts it only when that is safe. */
final class LostRows {

    private static final Logger log = LoggerFactory.getLogger(LostRows.class);
    private static final long PATIENCE_SECONDS = 5;

    private final WorkflowClient client;
    private final Claims claims;

    LostRows(WorkflowClient client, Claims claims) {
        this.client = client;
        this.claims = claims;
    }

    /**
     * @return whether the row shall be started
     * @throws StatusRuntimeException when Temporal cannot tell
     */
    boolean mayStart(ClaimedRow row) {
        Optional<WorkflowExecutionInfo> found = describe(row);
        if (found.isEmpty()) {
            return true;
        }
        WorkflowExecutionInfo workflow = found.get();
        if (workflow.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) {
            claims.leave(row);
            return false;
        }
        if (workflow.getExecution().getRunId().equals(row.runId())
                && workflow.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED) {
            // the row knew of that failure; what was claimed since has not been started
            return true;
        }
        settle(row, workflow);
        return false;
    }

    /** Ends a row whose workflow is closed as that workflow says, without sending anything. */
    void settle(ClaimedRow row) {
        describe(row)
                .filter(workflow -> workflow.getStatus() != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING)
                .ifPresent(workflow -> settle(row, workflow));
    }

    private void settle(ClaimedRow row, WorkflowExecutionInfo workflow) {
        String runId = workflow.getExecution().getRunId();
        String closed = workflow.getStatus()
                .name()
                .replace("WORKFLOW_EXECUTION_STATUS_", "")
                .toLowerCase(Locale.ROOT);
        if (workflow.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED) {
            DeliveryResult result = client.newUntypedWorkflowStub(WorkflowTargetOptions.newBuilder()
                            .setWorkflowId(row.workflowId())
                            .setRunId(runId)
                            .build())
                    .getResult(DeliveryResult.class);
            if (result.key().equals(row.key().toString())) {
                RowStatus status = RowStatus.valueOf(result.outcome().toUpperCase(Locale.ROOT));
                if (claims.settle(row, status, runId, "taken from the result of its workflow", null, null)) {
                    log.warn("Row {} did not know that its workflow ended: now {}", row.id(), result.outcome());
                }
                return;
            }
        }
        String error =
                "its workflow is " + closed + " and the row was not told; retry the row to send it, or dismiss it";
        if (claims.settle(row, RowStatus.FAILED, runId, null, FailureType.WORKFLOW_LOST, error)) {
            log.warn("Row {} failed: {}", row.id(), error);
        }
    }

    private Optional<WorkflowExecutionInfo> describe(ClaimedRow row) {
        try {
            return Optional.of(client.getWorkflowServiceStubs()
                    .blockingStub()
                    .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                            .setNamespace(client.getOptions().getNamespace())
                            .setExecution(WorkflowExecution.newBuilder().setWorkflowId(row.workflowId()))
                            .build())
                    .getWorkflowExecutionInfo());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
