package dev.tempost.worker;

import dev.tempost.workflows.ReconcileWorkflow;
import dev.tempost.workflows.RetainWorkflow;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowClient;
import io.temporal.client.schedules.ScheduleAlreadyRunningException;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleClientOptions;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.client.schedules.ScheduleHandle;
import io.temporal.client.schedules.ScheduleOptions;
import io.temporal.client.schedules.ScheduleUpdate;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The schedules that reconcile and remove what is old, named after the task queue. They vanish with Temporal's database, so
 * every replica restores them. Whether one is paused is the operators' own affair.
 */
public final class Schedules {

    /**
     * One schedule.
     *
     * @param id its id
     * @param workflowType what it starts
     * @param interval how often
     */
    public record Wanted(String id, String workflowType, Duration interval) {}

    private static final Logger log = LoggerFactory.getLogger(Schedules.class);
    // a run goes on for as long as there is something to remove
    private static final Duration RETAIN_EVERY = Duration.ofMinutes(10);

    private final ScheduleClient schedules;
    private final String taskQueue;
    private final List<Wanted> wanted;

    /** @param reconcileEvery how often rows are compared with workflows */
    public Schedules(WorkflowClient client, String taskQueue, Duration reconcileEvery) {
        this.schedules = ScheduleClient.newInstance(
                client.getWorkflowServiceStubs(),
                ScheduleClientOptions.newBuilder()
                        .setNamespace(client.getOptions().getNamespace())
                        .build());
        this.taskQueue = taskQueue;
        this.wanted = List.of(
                new Wanted(taskQueue + "-reconcile", ReconcileWorkflow.TYPE, reconcileEvery),
                new Wanted(taskQueue + "-retain", RetainWorkflow.TYPE, RETAIN_EVERY));
    }

    /** What is wanted. */
    public List<Wanted> wanted() {
        return wanted;
    }

    /** The handle of one of them, whether it exists or not. */
    public ScheduleHandle handle(Wanted schedule) {
        return schedules.getHandle(schedule.id());
    }

    /**
     * Creates what is missing and corrects what differs.
     *
     * @throws ScheduleException or {@link StatusRuntimeException} when Temporal cannot be asked
     */
    public void ensure() {
        wanted.forEach(this::ensure);
    }

    private void ensure(Wanted schedule) {
        ScheduleHandle handle = handle(schedule);
        ScheduleDescription found;
        try {
            found = handle.describe();
        } catch (ScheduleException e) {
            if (!missing(e)) {
                throw e;
            }
            create(schedule);
            return;
        }
        ScheduleDefinition definition = new ScheduleDefinition(schedule, taskQueue);
        if (!definition.matches(found.getSchedule())) {
            handle.update(current -> new ScheduleUpdate(
                    definition.schedule(current.getDescription().getSchedule().getState())));
            log.info(
                    "Corrected the schedule {}: {} every {}",
                    schedule.id(),
                    schedule.workflowType(),
                    schedule.interval());
        }
    }

    private void create(Wanted schedule) {
        try {
            schedules.createSchedule(
                    schedule.id(),
                    new ScheduleDefinition(schedule, taskQueue).schedule(null),
                    ScheduleOptions.newBuilder().build());
            log.info(
                    "Created the schedule {}: {} every {}",
                    schedule.id(),
                    schedule.workflowType(),
                    schedule.interval());
        } catch (ScheduleAlreadyRunningException another) {
            // another replica was faster
        }
    }

    /** Whether the schedule does not exist, as opposed to Temporal not answering. */
    public static boolean missing(ScheduleException e) {
        return e.getCause() instanceof StatusRuntimeException status
                && status.getStatus().getCode() == Status.Code.NOT_FOUND;
    }
}
