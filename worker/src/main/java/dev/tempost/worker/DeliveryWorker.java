package dev.tempost.worker;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Deadline;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.loops.Sleeper;
import dev.tempost.workflows.BatchActivities;
import dev.tempost.workflows.BulkActionActivities;
import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.ReconcileActivities;
import dev.tempost.workflows.RetainActivities;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.WorkerFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs deliveries. Starts as soon as Temporal answers, and lets what is being sent finish when it stops. */
public final class DeliveryWorker {

    private static final Logger log = LoggerFactory.getLogger(DeliveryWorker.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(5));

    private final WorkerSettings settings;
    private final Supplier<WorkerFactory> workers;
    private final RepeatingTask starting;
    private volatile @Nullable WorkerFactory running;

    public DeliveryWorker(
            WorkflowClient client,
            WorkerSettings settings,
            DeliveryActivities activities,
            BatchActivities batches,
            ReconcileActivities reconciling,
            RetainActivities retaining,
            BulkActionActivities bulkActions) {
        this(
                settings,
                new Registration(client, settings, activities, batches, reconciling, retaining, bulkActions)::workers,
                Sleeper.REAL);
    }

    DeliveryWorker(WorkerSettings settings, Supplier<WorkerFactory> workers, Sleeper sleeper) {
        this.settings = settings;
        this.workers = workers;
        this.starting = new RepeatingTask(
                "Starting the worker", BACKOFF, RuntimeException.class::isInstance, this::begin, sleeper);
    }

    /** Starts to start: returns at once, and goes on trying until Temporal answers. */
    public void start() {
        starting.start();
    }

    /** Whether the worker polls Temporal for work. */
    public boolean running() {
        return running != null;
    }

    private Next begin() {
        WorkerFactory factory = workers.get();
        try {
            factory.start();
        } catch (RuntimeException e) {
            factory.shutdownNow();
            throw e;
        }
        running = factory;
        log.info("The worker takes deliveries from task queue {}", settings.taskQueue());
        settings.rateLimitedQueues()
                .forEach((queue, rate) -> log.info("Sends from task queue {} are limited to {} a second", queue, rate));
        return Next.NOTHING;
    }

    /** Takes no more work, and waits for sends under way, no longer than that. */
    public void stop(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        starting.stop();
        try {
            // a start that succeeds just now has to be stopped as well
            starting.join(deadline.left());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        WorkerFactory factory = running;
        if (factory == null) {
            return;
        }
        factory.shutdown();
        try {
            awaitEnd(factory, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!factory.isTerminated()) {
            log.warn("Sends were still under way after {}; their deadlines decide", patience);
            factory.shutdownNow();
        }
        running = null;
    }

    /** The SDK's own wait may be over a few milliseconds before everything has ended. */
    private static void awaitEnd(WorkerFactory factory, Deadline deadline) throws InterruptedException {
        factory.awaitTermination(deadline.left().toMillis(), TimeUnit.MILLISECONDS);
        while (!factory.isTerminated() && !deadline.left().isZero()) {
            Thread.sleep(BETWEEN_LOOKS);
        }
    }
}
