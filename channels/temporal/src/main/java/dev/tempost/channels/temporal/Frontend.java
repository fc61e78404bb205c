package dev.tempost.channels.temporal;

import com.google.protobuf.util.Durations;
import io.grpc.ConnectivityState;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.common.v1.WorkflowType;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflow.v1.OnConflictOptions;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.api.workflowservice.v1.SignalWithStartWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.SignalWithStartWorkflowExecutionResponse;
import io.temporal.api.workflowservice.v1.SignalWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.StartWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.StartWorkflowExecutionResponse;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The calls to Temporal, each made once. Not by the SDK's client: that makes up a request id of its own for each start, and the
 * second of two would be another start.
 */
final class Frontend {

    private static final String IDENTITY = "tempost";

    private final WorkflowServiceStubs stubs;
    private final String namespace;
    private final Duration patience;
    // by which Temporal Cloud finds whose API key it is
    private final Metadata headers = new Metadata();

    /** @param patience how long a call may take */
    Frontend(WorkflowServiceStubs stubs, String namespace, Duration patience) {
        this.stubs = stubs;
        this.namespace = namespace;
        this.patience = patience;
        headers.put(Metadata.Key.of("temporal-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
    }

    /** Makes sure that there is a connection, so that a server that is away is never asked. */
    void connect() {
        if (stubs.getRawChannel().getState(true) != ConnectivityState.READY) {
            stub().getSystemInfo(GetSystemInfoRequest.getDefaultInstance());
        }
    }

    /** Connects anew at the next call, without the wait that earlier failures have earned. */
    void forgetFailures() {
        stubs.getRawChannel().resetConnectBackoff();
    }

    /**
     * The latest run, or that one; null when there is none.
     *
     * @param runId which; empty for the latest
     */
    @Nullable
    Execution describe(String workflowId, String runId) {
        try {
            return Execution.of(stub().describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                    .setNamespace(namespace)
                    .setExecution(execution(workflowId, runId))
                    .build()));
        } catch (StatusRuntimeException e) {
            if (isNoWorkflow(e)) {
                return null;
            }
            throw e;
        }
    }

    StartWorkflowExecutionResponse start(WorkflowRequest request, WorkflowAction.Start start) {
        WorkflowStart workflow = start.workflow();
        var call = StartWorkflowExecutionRequest.newBuilder()
                .setNamespace(namespace)
                .setRequestId(request.requestId())
                .setWorkflowId(request.workflowId())
                .setWorkflowType(WorkflowType.newBuilder().setName(workflow.type()))
                .setTaskQueue(TaskQueue.newBuilder().setName(workflow.taskQueue()))
                .setInput(request.arguments())
                .setMemo(request.memo())
                .setWorkflowIdReusePolicy(workflow.reuse().temporals())
                .setWorkflowIdConflictPolicy(start.onRunning().temporals())
                .setIdentity(IDENTITY);
        if (start.onRunning() == IdConflictPolicy.USE_EXISTING) {
            // asked again, it is known there, even when that workflow has closed meanwhile
            call.setOnConflictOptions(OnConflictOptions.newBuilder().setAttachRequestId(true));
        }
        if (workflow.executionTimeout() != null) {
            call.setWorkflowExecutionTimeout(
                    Durations.fromNanos(workflow.executionTimeout().toNanos()));
        }
        return stub().startWorkflowExecution(call.build());
    }

    /** @param runId which; Temporal knows requests by the run they went to */
    void signal(WorkflowRequest request, String signal, String runId) {
        stub().signalWorkflowExecution(SignalWorkflowExecutionRequest.newBuilder()
                .setNamespace(namespace)
                .setRequestId(request.requestId())
                .setWorkflowExecution(execution(request.workflowId(), runId))
                .setSignalName(signal)
                .setInput(request.arguments())
                .setIdentity(IDENTITY)
                .build());
    }

    SignalWithStartWorkflowExecutionResponse signalWithStart(
            WorkflowRequest request, WorkflowAction.SignalWithStart action) {
        WorkflowStart workflow = action.workflow();
        var call = SignalWithStartWorkflowExecutionRequest.newBuilder()
                .setNamespace(namespace)
                .setRequestId(request.requestId())
                .setWorkflowId(request.workflowId())
                .setWorkflowType(WorkflowType.newBuilder().setName(workflow.type()))
                .setTaskQueue(TaskQueue.newBuilder().setName(workflow.taskQueue()))
                .setInput(request.arguments())
                .setSignalName(action.signal())
                .setSignalInput(request.arguments())
                .setMemo(request.memo())
                .setWorkflowIdReusePolicy(workflow.reuse().temporals())
                .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
                .setIdentity(IDENTITY);
        if (workflow.executionTimeout() != null) {
            call.setWorkflowExecutionTimeout(
                    Durations.fromNanos(workflow.executionTimeout().toNanos()));
        }
        return stub().signalWithStartWorkflowExecution(call.build());
    }

    /** Whether some worker has asked for work of that queue lately. */
    boolean isPolled(String taskQueue) {
        return stub().describeTaskQueue(DescribeTaskQueueRequest.newBuilder()
                                .setNamespace(namespace)
                                .setTaskQueue(TaskQueue.newBuilder().setName(taskQueue))
                                .setTaskQueueType(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
                                .build())
                        .getPollersCount()
                > 0;
    }

    /** Whether the answer is that there is no such workflow, or that it is closed; not, that there is no such namespace. */
    static boolean isNoWorkflow(StatusRuntimeException e) {
        return e.getStatus().getCode() == Status.Code.NOT_FOUND && !Refusals.isNoNamespace(e);
    }

    private static WorkflowExecution execution(String workflowId, String runId) {
        return WorkflowExecution.newBuilder()
                .setWorkflowId(workflowId)
                .setRunId(runId)
                .build();
    }

    private WorkflowServiceBlockingStub stub() {
        return stubs.blockingStub()
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .withDeadlineAfter(patience.toNanos(), TimeUnit.NANOSECONDS);
    }
}
