package dev.tempost.worker;

import dev.tempost.workflows.ReconcileWorkflow;
import dev.tempost.workflows.RetainWorkflow;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleAlreadyRunningException;
import io.temporal.client.schedules.ScheduleClient;
import io.temporal.client.schedules.ScheduleClientOptions;
import io.temporal.client.schedules.ScheduleDescription;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.client.schedules.ScheduleHandle;
import io.temporal.client.schedules.ScheduleIntervalSpec;
import io.temporal.client.schedules.ScheduleOptions;
import io.temporal.client.schedules.SchedulePolicy;
import io.temporal.client.schedules.ScheduleSpec;
import io.temporal.client.schedules.ScheduleState;
import io.temporal.client.schedules.ScheduleUpdate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
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
    private static final Duration CATCH_UP = Duration.ofMinutes(1);
    // longer than any run needs; one that hangs would keep all others from starting
    private static final Duration LONGEST_RUN = Duration.ofHours(1);

    private final ScheduleClient schedules;
    private final String taskQueue;
    private final List<Wanted> wanted;

    /**
     * @param reconcileEvery how often rows are compared with workflows
     * @param retainEvery how often old rows are removed
     */
    public Schedules(WorkflowClient client, String taskQueue, Duration reconcileEvery, Duration retainEvery) {
        this.schedules = ScheduleClient.newInstance(
                client.getWorkflowServiceStubs(),
                ScheduleClientOptions.newBuilder()
                        .setNamespace(client.getOptions().getNamespace())
                        .build());
        this.taskQueue = taskQueue;
        this.wanted = List.of(
                new Wanted(taskQueue + "-reconcile", ReconcileWorkflow.TYPE, reconcileEvery),
                new Wanted(taskQueue + "-retain", RetainWorkflow.TYPE, retainEvery));
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
        if (!asWanted(schedule, found.getSchedule())) {
            handle.update(current -> new ScheduleUpdate(
                    schedule(schedule, current.getDescription().getSchedule().getState())));
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
                    schedule(schedule, null),
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

    private Schedule schedule(Wanted schedule, @Nullable ScheduleState state) {
        Schedule.Builder builder = Schedule.newBuilder()
                .setAction(ScheduleActionStartWorkflow.newBuilder()
                        .setWorkflowType(schedule.workflowType())
                        .setOptions(WorkflowOptions.newBuilder()
                                .setWorkflowId(schedule.id())
                                .setTaskQueue(taskQueue)
                                .setWorkflowRunTimeout(LONGEST_RUN)
                                .build())
                        .build())
                .setSpec(ScheduleSpec.newBuilder()
                        .setIntervals(List.of(new ScheduleIntervalSpec(schedule.interval())))
                        .build())
                .setPolicy(SchedulePolicy.newBuilder()
                        .setOverlap(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP)
                        .setCatchupWindow(CATCH_UP)
                        .build());
        return state == null ? builder.build() : builder.setState(state).build();
    }

    private boolean asWanted(Wanted schedule, Schedule found) {
        return found.getAction() instanceof ScheduleActionStartWorkflow action
                && action.getWorkflowType().equals(schedule.workflowType())
                && taskQueue.equals(action.getOptions().getTaskQueue())
                && found.getSpec().getIntervals() != null
                && found.getSpec().getIntervals().stream()
                        .map(ScheduleIntervalSpec::getEvery)
                        .toList()
                        .equals(List.of(schedule.interval()))
                && Objects.requireNonNull(found.getPolicy()).getOverlap()
                        == ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP
                && CATCH_UP.equals(found.getPolicy().getCatchupWindow());
    }

    /** Whether the schedule does not exist, as opposed to Temporal not answering. */
    public static boolean missing(ScheduleException e) {
        return e.getCause() instanceof StatusRuntimeException status
                && status.getStatus().getCode() == Status.Code.NOT_FOUND;
    }
}
