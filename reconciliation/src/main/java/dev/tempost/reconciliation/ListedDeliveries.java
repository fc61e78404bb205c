package dev.tempost.reconciliation;

import com.google.protobuf.ByteString;
import dev.tempost.workflows.DeliveryWorkflow;
import io.temporal.api.workflow.v1.WorkflowExecutionInfo;
import io.temporal.api.workflowservice.v1.CountWorkflowExecutionsRequest;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsRequest;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsResponse;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.client.WorkflowClient;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The deliveries of one task queue as Temporal's visibility lists them: a little late, so only a hint. */
final class ListedDeliveries {

    private static final long TIMEOUT_SECONDS = 15;
    private static final int PAGE = 1000;
    // a workflow that an operator has paused in Temporal goes on some day
    private static final String RUNNING = " AND ExecutionStatus IN ('Running', 'Paused')";

    private final WorkflowClient client;
    private final String deliveries;

    ListedDeliveries(WorkflowClient client, String taskQueue) {
        this.client = client;
        this.deliveries =
                "WorkflowType = '" + DeliveryWorkflow.TYPE + "' AND TaskQueue = '" + taskQueue.replace("'", "''") + "'";
    }

    /** How many run that were started before then. */
    long running(Instant startedBefore) {
        return stub().countWorkflowExecutions(CountWorkflowExecutionsRequest.newBuilder()
                        .setNamespace(client.getOptions().getNamespace())
                        .setQuery(deliveries + RUNNING + " AND StartTime < '" + startedBefore + "'")
                        .build())
                .getCount();
    }

    /**
     * The ids of all that run.
     *
     * @param progress told after every page
     */
    Set<String> running(Runnable progress) {
        Set<String> ids = new HashSet<>();
        pages(deliveries + RUNNING, page -> {
            ids.addAll(page);
            progress.run();
        });
        return ids;
    }

    /** Pages of those that closed since then and may not have told their row: whoever completes has told it before. */
    void closedUntold(Instant since, Consumer<List<String>> page) {
        pages(
                deliveries + " AND ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut')"
                        + " AND CloseTime > '" + since + "'",
                page);
    }

    private void pages(String query, Consumer<List<String>> consumer) {
        ByteString next = ByteString.EMPTY;
        do {
            ListWorkflowExecutionsResponse page = stub().listWorkflowExecutions(
                            ListWorkflowExecutionsRequest.newBuilder()
                                    .setNamespace(client.getOptions().getNamespace())
                                    .setQuery(query)
                                    .setPageSize(PAGE)
                                    .setNextPageToken(next)
                                    .build());
            consumer.accept(page.getExecutionsList().stream()
                    .map(WorkflowExecutionInfo::getExecution)
                    .map(execution -> execution.getWorkflowId())
                    .toList());
            next = page.getNextPageToken();
        } while (!next.isEmpty());
    }

    private WorkflowServiceBlockingStub stub() {
        return client.getWorkflowServiceStubs().blockingStub().withDeadlineAfter(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
}
