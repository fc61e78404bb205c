package dev.tempost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc;
import io.temporal.client.WorkflowClient;
import io.temporal.common.SearchAttributeKey;
import io.temporal.testing.TestWorkflowEnvironment;
import io.temporal.worker.WorkerFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeliveryWorkerTest {

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final SearchAttributeKey<String> FAILURE_TYPE = SearchAttributeKey.forKeyword("TempostFailureType");
    private static final WorkerSettings SETTINGS = new WorkerSettings("acme", 16, Map.of(), FAILURE_TYPE);

    @AutoClose
    private final TestWorkflowEnvironment temporal = TestWorkflowEnvironment.newInstance();

    private final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final List<WorkerFactory> given = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();

    @Test
    void itIsStartedAgainAndAgainUntilTemporalAnswers() {
        DeliveryWorker worker = new DeliveryWorker(
                SETTINGS,
                () -> {
                    if (asked.incrementAndGet() <= 3) {
                        throw new IllegalStateException("Temporal is away");
                    }
                    return workers();
                },
                pauses::add);

        worker.start();
        await("the worker to run").until(worker::running);
        worker.stop(LONG);

        assertThat(pauses).extracting(Duration::toMillis).containsExactly(250L, 500L, 1000L);
        assertThat(given)
                .singleElement()
                .satisfies(workers -> assertThat(workers.isTerminated()).isTrue());
        assertThat(worker.running()).isFalse();
    }

    @Test
    void workersThatCannotBeStartedAreReplaced() {
        try (FakeTemporal away = new FakeTemporal(new WorkflowServiceGrpc.WorkflowServiceImplBase() {})) {
            WorkflowClient client = WorkflowClient.newInstance(away.stubs());
            DeliveryWorker worker = new DeliveryWorker(
                    SETTINGS, () -> asked.incrementAndGet() == 1 ? workers(client) : workers(), pauses::add);

            worker.start();
            await("the worker to run").until(worker::running);
            worker.stop(LONG);

            assertThat(pauses).containsExactly(Duration.ofMillis(250));
            assertThat(given).hasSize(2);
        }
    }

    @Test
    void aStopEndsTheWaitForTemporal() throws InterruptedException {
        CountDownLatch waits = new CountDownLatch(1);
        DeliveryWorker worker = new DeliveryWorker(
                SETTINGS,
                () -> {
                    throw new IllegalStateException("Temporal is away");
                },
                pause -> {
                    waits.countDown();
                    Thread.sleep(LONG);
                });
        worker.start();
        waits.await();

        worker.stop(LONG);

        assertThat(worker.running()).isFalse();
    }

    @Test
    void thereAreSlotsForManyMoreSendsThanConnections() {
        assertThat(new WorkerSettings("acme", 16, Map.of(), FAILURE_TYPE).slots())
                .isEqualTo(200);
        assertThat(new WorkerSettings("acme", 100, Map.of(), FAILURE_TYPE).slots())
                .isEqualTo(400);
    }

    private WorkerFactory workers() {
        return workers(temporal.getWorkflowClient());
    }

    private WorkerFactory workers(WorkflowClient client) {
        WorkerFactory workers = WorkerFactory.newInstance(client);
        workers.newWorker("acme");
        given.add(workers);
        return workers;
    }
}
