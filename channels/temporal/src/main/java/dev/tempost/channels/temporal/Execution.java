package dev.tempost.channels.temporal;

import io.temporal.api.common.v1.Memo;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import java.util.Set;

/**
 * The latest run of a workflow id.
 *
 * @param runId the run
 * @param firstRunId the run that was started by a request; the others continued it, retried it or reset it
 * @param running whether it is open
 * @param requestIds of the requests that it knows of
 * @param memo the workflow's memo, which its later runs inherit
 */
record Execution(String runId, String firstRunId, boolean running, Set<String> requestIds, Memo memo) {

    static Execution of(DescribeWorkflowExecutionResponse description) {
        var info = description.getWorkflowExecutionInfo();
        String runId = info.getExecution().getRunId();
        return new Execution(
                runId,
                // older servers do not say
                info.getFirstRunId().isEmpty() ? runId : info.getFirstRunId(),
                info.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
                        || info.getStatus() == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED,
                Set.copyOf(description
                        .getWorkflowExtendedInfo()
                        .getRequestIdInfosMap()
                        .keySet()),
                info.getMemo());
    }

    /** Whether it is what that row has asked for. */
    boolean knows(WorkflowRequest request) {
        return requestIds.contains(request.requestId())
                || WorkflowRequest.memoOf(request.requestId())
                        .equals(memo.getFieldsMap().get(WorkflowRequest.MEMO_KEY));
    }
}
