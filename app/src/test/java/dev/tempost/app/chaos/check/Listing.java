package dev.tempost.app.chaos.check;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsRequest;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsResponse;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Asks Temporal for every delivery it knows. */
public final class Listing {

    private static final int PAGE = 1000;

    private Listing() {}

    public static List<Workflow> deliveries(WorkflowServiceBlockingStub temporal) {
        return list(temporal, "WorkflowType IN ('Delivery', 'DeliveryBatch')");
    }

    public static List<Workflow> runningDeliveries(WorkflowServiceBlockingStub temporal) {
        return list(temporal, "WorkflowType IN ('Delivery', 'DeliveryBatch') AND ExecutionStatus = 'Running'");
    }

    private static List<Workflow> list(WorkflowServiceBlockingStub temporal, String query) {
        List<Workflow> workflows = new ArrayList<>();
        ByteString page = ByteString.EMPTY;
        do {
            ListWorkflowExecutionsResponse listed = temporal.withDeadlineAfter(30, TimeUnit.SECONDS)
                    .listWorkflowExecutions(ListWorkflowExecutionsRequest.newBuilder()
                            .setNamespace("default")
                            .setQuery(query)
                            .setPageSize(PAGE)
                            .setNextPageToken(page)
                            .build());
            listed.getExecutionsList().forEach(info -> workflows.add(workflow(info)));
            page = listed.getNextPageToken();
        } while (!page.isEmpty());
        return workflows;
    }

    private static Workflow workflow(WorkflowExecutionInfo info) {
        return new Workflow(
                info.getExecution().getWorkflowId(),
                info.getExecution().getRunId(),
                switch (info.getStatus()) {
                    case WORKFLOW_EXECUTION_STATUS_RUNNING -> "Running";
                    case WORKFLOW_EXECUTION_STATUS_COMPLETED -> "Completed";
                    case WORKFLOW_EXECUTION_STATUS_FAILED -> "Failed";
                    case WORKFLOW_EXECUTION_STATUS_CANCELED -> "Canceled";
                    case WORKFLOW_EXECUTION_STATUS_TERMINATED -> "Terminated";
                    case WORKFLOW_EXECUTION_STATUS_TIMED_OUT -> "TimedOut";
                    default -> info.getStatus().name();
                },
                instant(info.getStartTime()),
                info.hasCloseTime() ? instant(info.getCloseTime()) : null);
    }

    private static Instant instant(Timestamp timestamp) {
        return Instant.ofEpochSecond(timestamp.getSeconds(), timestamp.getNanos());
    }
}
