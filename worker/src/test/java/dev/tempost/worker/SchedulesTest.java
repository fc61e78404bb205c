package dev.tempost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.workflows.ReconcileWorkflow;
import dev.tempost.workflows.RetainWorkflow;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.temporal.api.enums.v1.ScheduleOverlapPolicy;
import io.temporal.api.schedule.v1.IntervalSpec;
import io.temporal.api.schedule.v1.Schedule;
import io.temporal.api.workflowservice.v1.CreateScheduleRequest;
import io.temporal.api.workflowservice.v1.CreateScheduleResponse;
import io.temporal.api.workflowservice.v1.DescribeScheduleRequest;
import io.temporal.api.workflowservice.v1.DescribeScheduleResponse;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.api.workflowservice.v1.GetSystemInfoResponse;
import io.temporal.api.workflowservice.v1.UpdateScheduleRequest;
import io.temporal.api.workflowservice.v1.UpdateScheduleResponse;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceImplBase;
import io.temporal.client.WorkflowClient;
import io.temporal.client.schedules.ScheduleException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SchedulesTest {

    private static final Duration RECONCILE_EVERY = Duration.ofSeconds(45);

    private final Map<String, Schedule> there = new ConcurrentSkipListMap<>();
    private final List<String> writes = new CopyOnWriteArrayList<>();
    private volatile @Nullable Status refusal;
    private final FakeTemporal temporal = new FakeTemporal(new Frontend());
    private final Schedules schedules =
            new Schedules(WorkflowClient.newInstance(temporal.stubs()), "acme", RECONCILE_EVERY);

    @AfterEach
    void close() {
        temporal.close();
    }

    @Test
    void whatIsMissingIsCreatedNamedAfterTheTaskQueue() {
        schedules.ensure();

        assertThat(writes).containsExactly("create acme-reconcile", "create acme-retain");
        assertThat(action("acme-reconcile")).isEqualTo(ReconcileWorkflow.TYPE + " on acme every 45 s");
        assertThat(action("acme-retain")).isEqualTo(RetainWorkflow.TYPE + " on acme every 600 s");
    }

    @Test
    void whatIsAsWantedIsLeftAlone() {
        schedules.ensure();
        writes.clear();

        schedules.ensure();

        assertThat(writes).isEmpty();
    }

    @Test
    void anIntervalThatDiffersIsCorrected() {
        schedules.ensure();
        writes.clear();
        change(
                "acme-retain",
                schedule -> schedule.getSpecBuilder()
                        .clearInterval()
                        .addInterval(IntervalSpec.newBuilder()
                                .setInterval(com.google.protobuf.Duration.newBuilder()
                                        .setSeconds(86_400))));

        schedules.ensure();

        assertThat(writes).containsExactly("update acme-retain");
        assertThat(action("acme-retain")).endsWith("every 600 s");
    }

    @Test
    void runsThatMayOverlapAreCorrected() {
        schedules.ensure();
        writes.clear();
        change(
                "acme-reconcile",
                schedule -> schedule.getPoliciesBuilder()
                        .setOverlapPolicy(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL));

        schedules.ensure();

        assertThat(writes).containsExactly("update acme-reconcile");
        assertThat(schedule("acme-reconcile").getPolicies().getOverlapPolicy())
                .isEqualTo(ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP);
    }

    @Test
    void aTaskQueueThatDiffersIsCorrectedAndAPausedScheduleStaysPaused() {
        schedules.ensure();
        writes.clear();
        change("acme-reconcile", schedule -> {
            schedule.getActionBuilder()
                    .getStartWorkflowBuilder()
                    .getTaskQueueBuilder()
                    .setName("elsewhere");
            schedule.getStateBuilder().setPaused(true).setNotes("an operator's");
        });

        schedules.ensure();

        assertThat(writes).containsExactly("update acme-reconcile");
        assertThat(action("acme-reconcile")).contains(" on acme ");
        assertThat(schedule("acme-reconcile").getState().getPaused()).isTrue();
        assertThat(schedule("acme-reconcile").getState().getNotes()).isEqualTo("an operator's");
    }

    @Test
    void anotherReplicaMayBeFaster() {
        refusal = Status.ALREADY_EXISTS;

        schedules.ensure();

        assertThat(there).isEmpty();
    }

    @Test
    void anyOtherRefusalIsPassedOn() {
        refusal = Status.PERMISSION_DENIED.withDescription("not your namespace");

        assertThatThrownBy(schedules::ensure)
                .isInstanceOf(ScheduleException.class)
                .hasStackTraceContaining("not your namespace");
    }

    private String action(String id) {
        Schedule schedule = schedule(id);
        var start = schedule.getAction().getStartWorkflow();
        return start.getWorkflowType().getName() + " on " + start.getTaskQueue().getName() + " every "
                + schedule.getSpec().getInterval(0).getInterval().getSeconds() + " s";
    }

    private Schedule schedule(String id) {
        return Objects.requireNonNull(there.get(id), id);
    }

    private void change(String id, Consumer<Schedule.Builder> change) {
        Schedule.Builder builder = schedule(id).toBuilder();
        change.accept(builder);
        there.put(id, builder.build());
    }

    private final class Frontend extends WorkflowServiceImplBase {
        @Override
        public void getSystemInfo(GetSystemInfoRequest request, StreamObserver<GetSystemInfoResponse> response) {
            response.onNext(GetSystemInfoResponse.getDefaultInstance());
            response.onCompleted();
        }

        @Override
        public void describeSchedule(
                DescribeScheduleRequest request, StreamObserver<DescribeScheduleResponse> response) {
            Schedule schedule = there.get(request.getScheduleId());
            if (schedule == null) {
                response.onError(Status.NOT_FOUND.asRuntimeException());
                return;
            }
            response.onNext(
                    DescribeScheduleResponse.newBuilder().setSchedule(schedule).build());
            response.onCompleted();
        }

        @Override
        public void createSchedule(CreateScheduleRequest request, StreamObserver<CreateScheduleResponse> response) {
            Status status = refusal;
            if (status != null) {
                response.onError(status.asRuntimeException());
                return;
            }
            writes.add("create " + request.getScheduleId());
            there.put(request.getScheduleId(), request.getSchedule());
            response.onNext(CreateScheduleResponse.getDefaultInstance());
            response.onCompleted();
        }

        @Override
        public void updateSchedule(UpdateScheduleRequest request, StreamObserver<UpdateScheduleResponse> response) {
            writes.add("update " + request.getScheduleId());
            there.put(request.getScheduleId(), request.getSchedule());
            response.onNext(UpdateScheduleResponse.getDefaultInstance());
            response.onCompleted();
        }
    }
}
