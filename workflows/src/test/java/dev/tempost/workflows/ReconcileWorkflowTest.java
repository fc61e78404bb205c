package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.client.WorkflowOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ReconcileWorkflowTest {

    private static final String QUEUE = "operations";

    private final TestWorkflowEnvironment temporal = TestWorkflowEnvironment.newInstance();
    private final Told activities = new Told();

    /** Answers what it was told to, in order. */
    private static final class Told implements ReconcileActivities {

        final Deque<Look> looks = new ArrayDeque<>();
        final Deque<Part> parts = new ArrayDeque<>();
        final List<Long> comparedAfter = new ArrayList<>();
        final List<Instant> since = new ArrayList<>();

        @Override
        public Look look(Instant closedSince) {
            since.add(closedSince);
            return looks.pop();
        }

        @Override
        public Part compare(long after) {
            comparedAfter.add(after);
            return parts.pop();
        }
    }

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void numbersThatAgreeAreLookedAtOnce() {
        activities.looks.add(look(4, 4, Repaired.row(7, "terminated", "failed")));

        assertThat(reconcile())
                .isEqualTo(new ReconcileResult(4, 4, 1, false, Map.of("terminated: failed", 1), List.of(7L)));

        assertThat(activities.comparedAfter).isEmpty();
        assertThat(activities.since)
                .singleElement()
                .satisfies(since -> assertThat(since)
                        .isBefore(Instant.ofEpochMilli(temporal.currentTimeMillis())
                                .minusSeconds(170)));
    }

    @Test
    void numbersThatDisagreeOnceAreAnAccidentOfTime() {
        activities.looks.add(look(4, 3, Repaired.none()));
        activities.looks.add(look(4, 4, Repaired.none()));

        assertThat(reconcile()).isEqualTo(new ReconcileResult(4, 4, 1, false, Map.of(), List.of()));

        assertThat(activities.comparedAfter).isEmpty();
    }

    @Test
    void numbersThatDisagreeTwiceMakeItCompareEverythingPartByPart() {
        activities.looks.add(look(4, 2, Repaired.none()));
        activities.looks.add(look(4, 2, Repaired.row(1, "terminated", "failed")));
        activities.parts.add(new ReconcileActivities.Part(Repaired.row(5, "gone", "pending"), 50, false));
        activities.parts.add(new ReconcileActivities.Part(Repaired.row(60, "gone", "pending"), 70, true));

        assertThat(reconcile())
                .isEqualTo(new ReconcileResult(
                        4, 2, 1, true, Map.of("gone: pending", 2, "terminated: failed", 1), List.of(1L, 5L, 60L)));

        assertThat(activities.comparedAfter).containsExactly(0L, 50L);
    }

    @Test
    void onlyTheFirstRowsAreNamed() {
        Repaired many = LongStream.rangeClosed(1, 50)
                .mapToObj(id -> Repaired.row(id, "gone", "pending"))
                .reduce(Repaired.none(), Repaired::plus);

        assertThat(many.counts()).isEqualTo(Map.of("gone: pending", 50));
        assertThat(many.rows()).hasSize(20).startsWith(1L).endsWith(20L);
        assertThat(many.plus(many).rows()).hasSize(20);
    }

    private static ReconcileActivities.Look look(long waiting, long running, Repaired repaired) {
        return new ReconcileActivities.Look(waiting, running, 1, repaired);
    }

    private ReconcileResult reconcile() {
        var worker = temporal.newWorker(QUEUE);
        worker.registerWorkflowImplementationTypes(ReconcileWorkflowImpl.class);
        worker.registerActivitiesImplementations(activities);
        temporal.start();
        return temporal.getWorkflowClient()
                .newWorkflowStub(
                        ReconcileWorkflow.class,
                        WorkflowOptions.newBuilder().setTaskQueue(QUEUE).build())
                .reconcile();
    }
}
