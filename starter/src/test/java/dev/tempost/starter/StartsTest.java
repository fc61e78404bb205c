package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Settlement;
import dev.tempost.reconciliation.WorkflowOutcome;
import dev.tempost.workflows.DeliveryPolicy;
import io.grpc.Status;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class StartsTest {

    private static final ClaimedRow ROW = Given.row(7);
    private static final WorkflowOutcome GONE =
            new WorkflowOutcome.Ended(WorkflowOutcome.GONE, new Settlement(RowStatus.PENDING, null, null, null, null));
    private static final WorkflowOutcome COMPLETED =
            new WorkflowOutcome.Ended("completed", new Settlement(RowStatus.DELIVERED, "run", null, null, null));

    private final List<String> written = new CopyOnWriteArrayList<>();
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final Flights flights = Given.flights(9, Given.routing(Map.of("mail", 8)), () -> {}, System::nanoTime);
    private final TemporalAway temporalAway = new TemporalAway(() -> true);
    private Starts.BatchStart batchStart = batch -> started.addAndGet(batch.size());
    private WorkflowOutcome outcome = new WorkflowOutcome.Running();

    @Test
    void aRowThatWasStartedTakesUpItsPlace() throws InterruptedException {
        begin(row -> false);

        assertThat(flights.ids()).containsExactly(7);
        assertThat(written).isEmpty();
    }

    @Test
    void aRateLimitedRowTakesUpNoPlace() throws InterruptedException {
        begin(row -> true);

        assertThat(flights.size()).isZero();
    }

    @Test
    void aStartThatWasSurelyRefusedGivesTheRowBackAndSaysSo() throws InterruptedException {
        begin(row -> {
            throw Status.INVALID_ARGUMENT.asRuntimeException();
        });

        assertThat(written).containsExactly("release 7");
        assertThat(refused).hasValue(1);
        assertThat(temporalAway.now()).isTrue();
        assertThat(flights.size()).isZero();
    }

    @Test
    void aStartOfUnknownFateLeavesTheRowAShortLease() throws InterruptedException {
        begin(row -> {
            throw Status.DEADLINE_EXCEEDED.asRuntimeException();
        });

        assertThat(written).containsExactly("renew 7");
        assertThat(refused).hasValue(0);
        assertThat(temporalAway.now()).isTrue();
        assertThat(flights.size()).isZero();
    }

    @Test
    void aRowWhoseWorkflowHasCompletedIsSettled() throws InterruptedException {
        outcome = COMPLETED;

        begin(row -> {
            throw new WorkflowExecutionAlreadyStarted(WorkflowExecution.getDefaultInstance(), "Delivery", null);
        });

        assertThat(written).containsExactly("settle 7 delivered");
        assertThat(flights.size()).isZero();
    }

    @Test
    void rowsOfABatchAreStartedTogetherAndOthersAlone() throws InterruptedException {
        AtomicInteger alone = new AtomicInteger();
        Starts starts = starts(row -> alone.incrementAndGet() < 0);

        starts.begin(List.of(Given.carried(1, "batch:a"), Given.row(2), Given.carried(3, "batch:a")));
        starts.close(Duration.ofSeconds(10));

        assertThat(started).hasValue(2);
        assertThat(alone).hasValue(1);
        assertThat(flights.ids()).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(flights.size())
                .as("those of a batch wait for nobody in Temporal")
                .isEqualTo(1);
    }

    @Test
    void aBatchOfUnknownFateLeavesItsRowsAShortLease() throws InterruptedException {
        batchStart = batch -> {
            throw Status.DEADLINE_EXCEEDED.asRuntimeException();
        };
        Starts starts = starts(row -> false);

        starts.begin(List.of(Given.carried(1, "batch:a"), Given.carried(2, "batch:a")));
        starts.close(Duration.ofSeconds(10));

        assertThat(written).containsExactly("renew 1", "renew 2");
        assertThat(flights.ids()).isEmpty();
    }

    @Test
    void aRowWhoseBatchHasClosedGoesBackAndOneWhoseBatchRunsStays() throws InterruptedException {
        Starts starts = starts(row -> {
            throw new AssertionError("nothing may be started");
        });
        starts.resume(Given.carried(1, "batch:a"));
        outcome = GONE;
        starts.resume(Given.carried(2, "batch:b"));
        starts.close(Duration.ofSeconds(10));

        assertThat(written).doesNotContain("leave 1").contains("settle 2 pending");
    }

    @Test
    void aFaultCostsNoOtherRowItsStart() throws InterruptedException {
        Starts starts = starts(row -> {
            if (row.id() == 7) {
                throw new IllegalStateException("a fault");
            }
            return false;
        });

        starts.begin(List.of(ROW));
        starts.begin(List.of(Given.row(8)));
        starts.close(Duration.ofSeconds(10));

        assertThat(flights.ids()).containsExactly(8);
    }

    @Test
    void aRowWhoseLeaseRanOutIsStartedOnlyWhenNoWorkflowHasIt() throws InterruptedException {
        Starts running = starts(this::count);
        running.resume(ROW);
        running.close(Duration.ofSeconds(10));
        assertThat(started).hasValue(0);
        assertThat(written).containsExactly("leave 7");

        outcome = GONE;
        Starts gone = starts(this::count);
        gone.resume(ROW);
        gone.close(Duration.ofSeconds(10));
        assertThat(started).hasValue(1);
        assertThat(flights.ids()).containsExactly(7);
    }

    @Test
    void aRowThatThisProcessIsSendingIsLeftAlone() throws InterruptedException {
        Starts starts = starts(this::count);
        flights.add(ROW);
        flights.onBegun(7);

        starts.resume(ROW);
        starts.close(Duration.ofSeconds(10));

        assertThat(started).hasValue(0);
        assertThat(written).isEmpty();
        assertThat(flights.ids()).containsExactly(7);
    }

    private boolean count(ClaimedRow row) {
        started.incrementAndGet();
        return false;
    }

    private void begin(Starts.Start start) throws InterruptedException {
        Starts starts = starts(start);
        starts.whenRefused(refused::incrementAndGet);
        starts.begin(List.of(ROW));
        starts.close(Duration.ofSeconds(10));
    }

    private Starts starts(Starts.Start start) {
        Leases leases = new Leases() {
            @Override
            public void renew(ClaimedRow row, Duration lease) {
                written.add("renew " + row.id());
            }

            @Override
            public void leave(ClaimedRow row) {
                written.add("leave " + row.id());
            }

            @Override
            public void release(ClaimedRow row, Duration delay, String errorType, String error) {
                written.add("release " + row.id());
            }

            @Override
            public @Nullable RowStatus settle(ClaimedRow row, Settlement settlement) {
                written.add("settle " + row.id() + " " + settlement.status().column());
                return settlement.status();
            }
        };
        Policies policies = eventType -> new DeliveryPolicy(
                Duration.ofSeconds(1), 2, Duration.ofMinutes(1), 3, Duration.ofSeconds(10), false, null);
        return new Starts(
                start,
                batchStart,
                new LeaseRescuer((workflowId, key) -> outcome, leases, policies),
                leases,
                flights,
                temporalAway);
    }
}
