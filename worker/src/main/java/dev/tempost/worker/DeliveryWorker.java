package dev.tempost.worker;

import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.DeliveryWorkflowImpl;
import dev.tempost.workflows.ReconcileActivities;
import dev.tempost.workflows.ReconcileWorkflowImpl;
import dev.tempost.workflows.RetainActivities;
import dev.tempost.workflows.RetainWorkflowImpl;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerFactoryOptions;
import io.temporal.worker.WorkerOptions;
import io.temporal.worker.tuning.PollerBehaviorAutoscaling;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs deliveries. Starts as soon as Temporal answers, and lets what is being sent finish when it stops. */
public final class DeliveryWorker {

    private static final Logger log = LoggerFactory.getLogger(DeliveryWorker.class);
    // as many as the SDK's own defaults have
    private static final int CACHED_PER_SLOT = 3;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final WorkflowClient client;
    private final WorkerSettings settings;
    private final DeliveryActivities activities;
    private final ReconcileActivities reconciling;
    private final RetainActivities retaining;
    private final Thread starting =
            Thread.ofVirtual().name("tempost-worker-start").unstarted(this::startWhenPossible);
    private volatile @Nullable WorkerFactory running;
    private volatile boolean stopped;

    public DeliveryWorker(
            WorkflowClient client,
            WorkerSettings settings,
            DeliveryActivities activities,
            ReconcileActivities reconciling,
            RetainActivities retaining) {
        this.client = client;
        this.settings = settings;
        this.activities = activities;
        this.reconciling = reconciling;
        this.retaining = retaining;
    }

    /** Starts to start: returns at once, and goes on trying until Temporal answers. */
    public void start() {
        starting.start();
    }

    /** Whether the worker polls Temporal for work. */
    public boolean running() {
        return running != null;
    }

    private void startWhenPossible() {
        Duration pause = SHORTEST_PAUSE;
        boolean told = false;
        while (!stopped) {
            WorkerFactory factory = factory();
            try {
                factory.start();
                running = factory;
                log.info("The worker takes deliveries from task queue {}", settings.taskQueue());
                settings.rateLimitedQueues()
                        .forEach((queue, rate) ->
                                log.info("Sends from task queue {} are limited to {} a second", queue, rate));
                return;
            } catch (RuntimeException e) {
                factory.shutdownNow();
                if (!told) {
                    log.warn("The worker waits for Temporal: {}", e.getMessage());
                    told = true;
                }
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                return;
            }
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        }
    }

    private WorkerFactory factory() {
        WorkerFactory factory = WorkerFactory.newInstance(
                client,
                WorkerFactoryOptions.newBuilder()
                        .setUsingVirtualWorkflowThreads(true)
                        // a workflow that waits for its local send holds its thread, and must not be evicted
                        .setWorkflowCacheSize(CACHED_PER_SLOT * settings.slots())
                        .setMaxWorkflowThreadCount(CACHED_PER_SLOT * settings.slots())
                        .build());
        Worker worker = factory.newWorker(
                settings.taskQueue(),
                WorkerOptions.newBuilder()
                        .setUsingVirtualThreads(true)
                        .setMaxConcurrentWorkflowTaskExecutionSize(settings.slots())
                        .setMaxConcurrentActivityExecutionSize(settings.slots())
                        .setMaxConcurrentLocalActivityExecutionSize(settings.slots())
                        .setWorkflowTaskPollersBehavior(new PollerBehaviorAutoscaling(1, 10, 2))
                        .setActivityTaskPollersBehavior(new PollerBehaviorAutoscaling(1, 10, 2))
                        .build());
        worker.registerWorkflowImplementationTypes(
                DeliveryWorkflowImpl.class, ReconcileWorkflowImpl.class, RetainWorkflowImpl.class);
        worker.registerActivitiesImplementations(activities, reconciling, retaining);
        settings.rateLimitedQueues()
                .forEach((queue, rate) ->
                        factory.newWorker(queue, rateLimited(rate)).registerActivitiesImplementations(activities));
        return factory;
    }

    /** Takes sends only. Temporal's server keeps the rate, for all workers of the queue together. */
    private WorkerOptions rateLimited(double rate) {
        return WorkerOptions.newBuilder()
                .setUsingVirtualThreads(true)
                .setMaxTaskQueueActivitiesPerSecond(rate)
                .setMaxConcurrentActivityExecutionSize(settings.slots())
                // each partition of the queue has its share of the rate, and loses it while nobody polls there
                .setActivityTaskPollersBehavior(new PollerBehaviorAutoscaling(4, 10, 4))
                .build();
    }

    /** Takes no more work, and waits for sends under way, no longer than that. */
    public void stop(Duration patience) {
        stopped = true;
        starting.interrupt();
        WorkerFactory factory = running;
        if (factory == null) {
            return;
        }
        factory.shutdown();
        factory.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (!factory.isTerminated()) {
            log.warn("Sends were still under way after {}; their deadlines decide", patience);
            factory.shutdownNow();
        }
        running = null;
    }
}
