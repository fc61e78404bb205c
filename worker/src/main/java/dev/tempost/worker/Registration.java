package dev.tempost.worker;

import dev.tempost.workflows.BatchActivities;
import dev.tempost.workflows.BatchWorkflow;
import dev.tempost.workflows.BatchWorkflowImpl;
import dev.tempost.workflows.BulkActionActivities;
import dev.tempost.workflows.BulkActionWorkflowImpl;
import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.DeliveryWorkflow;
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

/** Registers what this process runs, with the task queues it comes from and how much of it runs at a time. */
final class Registration {

    // as many as the SDK's own defaults have
    private static final int CACHED_PER_SLOT = 3;
    // what they send at a time is limited where connections are: those of a slow provider must leave slots to others
    private static final int BATCHES = 100;

    private final WorkflowClient client;
    private final WorkerSettings settings;
    private final DeliveryActivities activities;
    private final BatchActivities batches;
    private final ReconcileActivities reconciling;
    private final RetainActivities retaining;
    private final BulkActionActivities bulkActions;

    Registration(
            WorkflowClient client,
            WorkerSettings settings,
            DeliveryActivities activities,
            BatchActivities batches,
            ReconcileActivities reconciling,
            RetainActivities retaining,
            BulkActionActivities bulkActions) {
        this.client = client;
        this.settings = settings;
        this.activities = activities;
        this.batches = batches;
        this.reconciling = reconciling;
        this.retaining = retaining;
        this.bulkActions = bulkActions;
    }

    /** Workers that are not started yet. Those that could not be started cannot be used again. */
    WorkerFactory workers() {
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
        worker.registerWorkflowImplementationFactory(
                DeliveryWorkflow.class, () -> new DeliveryWorkflowImpl(settings.failureType()));
        worker.registerWorkflowImplementationTypes(
                BatchWorkflowImpl.class,
                ReconcileWorkflowImpl.class,
                RetainWorkflowImpl.class,
                BulkActionWorkflowImpl.class);
        worker.registerActivitiesImplementations(activities, reconciling, retaining, bulkActions);
        factory.newWorker(
                        BatchWorkflow.taskQueue(settings.taskQueue()),
                        WorkerOptions.newBuilder()
                                .setUsingVirtualThreads(true)
                                .setMaxConcurrentActivityExecutionSize(BATCHES)
                                .setActivityTaskPollersBehavior(new PollerBehaviorAutoscaling(1, 4, 2))
                                .build())
                .registerActivitiesImplementations(batches);
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
}
