package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Settlement;
import dev.tempost.reconciliation.WorkflowOutcome;
import dev.tempost.workflows.DeliveryPolicy;
import io.grpc.Status;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.client.WorkflowNotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class CancelSignalsTest {

    private final AtomicLong clock = new AtomicLong();
    private final List<Long> signalled = new CopyOnWriteArrayList<>();
    private final List<Long> settled = new CopyOnWriteArrayList<>();
    private CancelSignals.Signal signal = row -> {};
    private boolean onItsWay;
    private long rows = 250;
    private final CancelSignals signals = new CancelSignals(
            this::after,
            row -> {
                signalled.add(row.id());
                signal.cancel(row);
            },
            row -> onItsWay,
            leaseRescuer(),
            clock::get);

    @AfterEach
    void close() {
        signals.close();
    }

    @Test
    void rowsBehindThoseWhoseWorkflowsDoNotCloseHaveTheirTurn() throws InterruptedException {
        assertThat(signals.some()).isTrue();
        assertThat(signalled).hasSize(100);
        assertThat(signals.some()).isTrue();
        assertThat(signals.some()).isFalse();

        assertThat(signalled).hasSize(250).doesNotHaveDuplicates();
    }

    @Test
    void aWorkflowIsSignalledAgainAfterAWhile() throws InterruptedException {
        rows = 1;
        signals.some();
        signals.some();
        assertThat(signalled).containsExactly(1L);

        clock.addAndGet(Duration.ofSeconds(10).toNanos());
        signals.some();

        assertThat(signalled).containsExactly(1L, 1L);
    }

    @Test
    void aSignalOfUnknownFateKeepsNoOtherBack() throws InterruptedException {
        rows = 20;
        signal = row -> {
            throw Status.DEADLINE_EXCEEDED.asRuntimeException();
        };

        signals.some();

        assertThat(signalled).hasSize(20);
        assertThat(settled).isEmpty();
    }

    @Test
    void aRowWhoseWorkflowHasClosedIsSettled() throws InterruptedException {
        rows = 1;
        closed();

        signals.some();

        assertThat(settled).containsExactly(1L);
    }

    @Test
    void aRowWhoseStartMayBeOnItsWayIsNotSettled() throws InterruptedException {
        rows = 1;
        onItsWay = true;
        closed();

        signals.some();

        assertThat(settled).isEmpty();
    }

    private void closed() {
        signal = row -> {
            throw new WorkflowNotFoundException(WorkflowExecution.getDefaultInstance(), "Delivery", null);
        };
    }

    private List<ClaimedRow> after(long id, int limit) {
        return LongStream.rangeClosed(id + 1, rows)
                .limit(limit)
                .mapToObj(Given::row)
                .toList();
    }

    private LeaseRescuer leaseRescuer() {
        Leases leases = new Leases() {
            @Override
            public void renew(ClaimedRow row, Duration lease) {}

            @Override
            public void leave(ClaimedRow row) {}

            @Override
            public void release(ClaimedRow row, Duration delay, String errorType, String error) {}

            @Override
            public @Nullable RowStatus settle(ClaimedRow row, Settlement settlement) {
                settled.add(row.id());
                return settlement.status();
            }
        };
        return new LeaseRescuer(
                (workflowId, key) -> new WorkflowOutcome.Ended(
                        "completed", new Settlement(RowStatus.CANCELLED, "run", null, null, null)),
                leases,
                eventType -> new DeliveryPolicy(
                        Duration.ofSeconds(1), 2, Duration.ofMinutes(1), 3, Duration.ofSeconds(10), false, null));
    }
}
