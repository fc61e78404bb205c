package dev.tempost.channels.temporal;

import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.testing.Attempt;
import dev.tempost.channels.temporal.WorkflowProvider.Arguments;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowStub;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.WorkerFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A channel to a real Temporal server that all tests share, over a line of the test's own. */
final class TemporalHarness implements AutoCloseable {

    static final String QUEUE = "orders";
    static final String NAMESPACE = "default";
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final Set<EventType> AT_REST = Set.of(
            EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW);

    private static final class Shared {
        static final EmbeddedTemporal SERVER;
        static final WorkflowClient CLIENT;

        static {
            try {
                Path log = Files.createTempFile(Files.createDirectories(Path.of("target")), "temporal", ".log");
                SERVER = EmbeddedTemporal.start(Ports.any(), 0, log, null, System.err::println);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            CLIENT = WorkflowClient.newInstance(
                    WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
                            .setTarget(SERVER.target())
                            .build()));
            WorkerFactory workers = WorkerFactory.newInstance(CLIENT);
            workers.newWorker(QUEUE).registerWorkflowImplementationTypes(Order.Impl.class);
            workers.start();
            Runtime.getRuntime().addShutdownHook(new Thread(SERVER::close));
        }
    }

    final Line line = new Line();
    final WorkflowServiceStubs stubs;
    private @Nullable TemporalChannel channel;

    TemporalHarness() {
        this(target());
    }

    TemporalHarness(String target) {
        stubs = WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
                .setTarget(target)
                .setGrpcClientInterceptors(List.of(line))
                .build());
    }

    static String target() {
        return Shared.SERVER.target();
    }

    static WorkflowStart order(IdReusePolicy reuse) {
        return new WorkflowStart("Order", QUEUE, reuse, Duration.ofMinutes(5));
    }

    /** Starts orders, each by its number. */
    static WorkflowProvider start(IdConflictPolicy onRunning, IdReusePolicy reuse) {
        return provider(new WorkflowAction.Start(order(reuse), onRunning));
    }

    static WorkflowProvider start() {
        return start(IdConflictPolicy.FAIL, IdReusePolicy.REJECT_DUPLICATE);
    }

    static WorkflowProvider provider(WorkflowAction action) {
        return new WorkflowProvider(
                "orders", null, NAMESPACE, action, new IdTemplate("order-{payload.orderId}"), Arguments.PAYLOAD);
    }

    TemporalChannel channel(WorkflowProvider provider) {
        TemporalChannel made = new TemporalChannel(Map.of(provider.name(), provider), stubs, Duration.ofSeconds(5));
        channel = made;
        return made;
    }

    Outcome send(WorkflowProvider provider, OutgoingMessage row) {
        return channel(provider).send(row, Attempt.allowed());
    }

    /** A row about an order, which does that. */
    static OutgoingMessage row(String orderId, String then) {
        return row(UUID.randomUUID(), "{\"orderId\": \"" + orderId + "\", \"then\": \"" + then + "\"}");
    }

    static OutgoingMessage row(UUID key, String payload) {
        return new OutgoingMessage(17, key, "default", "order-placed", "ada@example.com", payload, "{}", "orders");
    }

    static String newOrder() {
        return UUID.randomUUID().toString();
    }

    WorkflowStub workflow(String orderId) {
        return Shared.CLIENT.newUntypedWorkflowStub("order-" + orderId);
    }

    DescribeWorkflowExecutionResponse describe(String orderId) {
        return Shared.CLIENT
                .getWorkflowServiceStubs()
                .blockingStub()
                .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace(NAMESPACE)
                        .setExecution(WorkflowExecution.newBuilder().setWorkflowId("order-" + orderId))
                        .build());
    }

    String runId(String orderId) {
        return describe(orderId).getWorkflowExecutionInfo().getExecution().getRunId();
    }

    WorkflowExecutionStatus status(String orderId) {
        return describe(orderId).getWorkflowExecutionInfo().getStatus();
    }

    void awaitClosed(String orderId) {
        await("order " + orderId + " to close")
                .atMost(TIMEOUT)
                .until(() -> status(orderId) != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
    }

    /** Waits until the workflow goes on in another run than that. */
    void awaitAnotherRun(String orderId, String runId) {
        await("order " + orderId + " to continue as new")
                .atMost(TIMEOUT)
                .until(() -> !runId(orderId).equals(runId));
    }

    List<HistoryEvent> history(String orderId, String runId) {
        return Shared.CLIENT.fetchHistory("order-" + orderId, runId).getEvents();
    }

    /** How many signals the run has had, once none is held back for a workflow task that is under way. */
    long signals(String orderId, String runId) {
        await("order " + orderId + " to rest")
                .atMost(TIMEOUT)
                .until(() -> AT_REST.contains(history(orderId, runId).getLast().getEventType()));
        return history(orderId, runId).stream()
                .filter(event -> event.getEventType() == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
                .count();
    }

    /** A workflow of that order that somebody else starts. */
    String startedByAnother(String orderId, String then) {
        WorkflowStub another = Shared.CLIENT.newUntypedWorkflowStub(
                "Order",
                io.temporal.client.WorkflowOptions.newBuilder()
                        .setWorkflowId("order-" + orderId)
                        .setTaskQueue(QUEUE)
                        .build());
        return another.start(Map.of("then", then)).getRunId();
    }

    Optional<String> memo(String orderId, String field) {
        return Optional.ofNullable(describe(orderId)
                        .getWorkflowExecutionInfo()
                        .getMemo()
                        .getFieldsMap()
                        .get(field))
                .map(payload -> payload.getData().toStringUtf8());
    }

    @Override
    public void close() {
        if (channel != null) {
            channel.close();
        }
        stubs.shutdownNow();
    }
}
