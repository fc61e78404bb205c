package dev.tempost.worker;

import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.schedules.Schedule;
import io.temporal.client.schedules.ScheduleActionStartWorkflow;
import io.temporal.client.schedules.ScheduleIntervalSpec;
import io.temporal.client.schedules.SchedulePolicy;
import io.temporal.client.schedules.ScheduleSpec;
import io.temporal.client.schedules.ScheduleState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What Temporal is to hold of a schedule. One run at a time; what an outage made it miss is left to the next run.
 *
 * @param taskQueue where its workflows run
 */
record ScheduleDefinition(Schedules.Wanted wanted, String taskQueue) {

    private static final Duration CATCH_UP = Duration.ofMinutes(1);
    // longer than any run needs; one that hangs would keep all others from starting
    private static final Duration LONGEST_RUN = Duration.ofHours(1);

    /**
     * As Temporal takes it.
     *
     * @param state paused or not, as operators left it; null for a new one
     */
    Schedule schedule(@Nullable ScheduleState state) {
        Schedule.Builder builder = Schedule.newBuilder()
                .setAction(ScheduleActionStartWorkflow.newBuilder()
                        .setWorkflowType(wanted.workflowType())
                        .setOptions(WorkflowOptions.newBuilder()
                                .setWorkflowId(wanted.id())
                                .setTaskQueue(taskQueue)
                                .setWorkflowRunTimeout(LONGEST_RUN)
                                .build())
                        .build())
                .setSpec(ScheduleSpec.newBuilder()
                        .setIntervals(List.of(new ScheduleIntervalSpec(wanted.interval())))
                        .build())
                .setPolicy(SchedulePolicy.newBuilder()
                        .setOverlap(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP)
                        .setCatchupWindow(CATCH_UP)
                        .build());
        return state == null ? builder.build() : builder.setState(state).build();
    }

    /** Whether Temporal holds it so already, paused or not. */
    boolean matches(Schedule found) {
        return found.getAction() instanceof ScheduleActionStartWorkflow action
                && action.getWorkflowType().equals(wanted.workflowType())
                && taskQueue.equals(action.getOptions().getTaskQueue())
                && found.getSpec().getIntervals() != null
                && found.getSpec().getIntervals().stream()
                        .map(ScheduleIntervalSpec::getEvery)
                        .toList()
                        .equals(List.of(wanted.interval()))
                && Objects.requireNonNull(found.getPolicy()).getOverlap()
                        == ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP
                && CATCH_UP.equals(found.getPolicy().getCatchupWindow());
    }
}
