package dev.tempost.demo.bench;

import dev.tempost.workflows.Attributes;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.common.SearchAttributes;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import io.temporal.worker.tuning.PollerBehaviorAutoscaling;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Starts empty workflows as the poller starts deliveries: same client, same options, as many in flight. */
final class EmptyWorkflows implements AutoCloseable {

    private static final String TASK_QUEUE = "tempost-bench-empty";
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    private final WorkflowClient client;
    private final Attributes attributes;
    private final Semaphore inFlight;
    private final WorkerFactory workers;
    private volatile CountDownLatch ended = new CountDownLatch(0);

    EmptyWorkflows(WorkflowClient client, Attributes attributes, int capacity) {
        this.client = client;
        this.attributes = attributes;
        this.inFlight = new Semaphore(capacity);
        this.workers = WorkerFactory.newInstance(
                client,
                WorkerFactoryOptions.newBuilder()
                        .setUsingVirtualWorkflowThreads(true)
                        .build());
        Worker worker = workers.newWorker(
                TASK_QUEUE,
                WorkerOptions.newBuilder()
                        .setUsingVirtualThreads(true)
                        .setWorkflowTaskPollersBehavior(new PollerBehaviorAutoscaling(1, 10, 2))
                        .build());
        worker.registerWorkflowImplementationFactory(EmptyWorkflow.class, () -> this::ended);
        workers.start();
    }

    private void ended() {
        inFlight.release();
        ended.countDown();
    }

    /** Runs so many, and returns how many seconds it took. */
    double run(int count) throws InterruptedException {
        ended = new CountDownLatch(count);
        long startedAt = System.nanoTime();
        try (ExecutorService starts = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                inFlight.acquire();
                starts.execute(this::start);
            }
            if (!ended.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(ended.getCount() + " empty workflows did not end in " + TIMEOUT);
            }
        }
        return (System.nanoTime() - startedAt) / 1e9;
    }

    private void start() {
        client.newUntypedWorkflowStub(
                        "Empty",
                        WorkflowOptions.newBuilder()
                                .setWorkflowId("empty:" + UUID.randomUUID())
                                .setTaskQueue(TASK_QUEUE)
                                .setDisableEagerExecution(false)
                                .setStaticSummary("an empty workflow")
                                .setTypedSearchAttributes(SearchAttributes.newBuilder()
                                        .set(attributes.tenant(), "bench")
                                        .set(attributes.eventType(), "empty")
                                        .build())
                                .build())
                .start();
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
