package dev.tempost.app.engine;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc;
import java.util.Set;

/**
 * Lets a worker's polls wait for the connection instead of failing without one. Each failure would double the worker's pause,
 * up to a minute: so long would a Temporal that is back have to wait for its workers.
 */
final class PatientPolls implements ClientInterceptor {

    private static final Set<String> POLLS = Set.of(
            WorkflowServiceGrpc.getPollWorkflowTaskQueueMethod().getFullMethodName(),
            WorkflowServiceGrpc.getPollActivityTaskQueueMethod().getFullMethodName());

    @Override
    public <T, R> ClientCall<T, R> interceptCall(MethodDescriptor<T, R> method, CallOptions options, Channel next) {
        return next.newCall(method, POLLS.contains(method.getFullMethodName()) ? options.withWaitForReady() : options);
    }
}
