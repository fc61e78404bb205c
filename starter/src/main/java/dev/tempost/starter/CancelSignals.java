package dev.tempost.starter;

import dev.tempost.outbox.rows.ClaimedRow;
import io.temporal.client.WorkflowNotFoundException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wakes the workflows of rows that somebody wants cancelled, until they have closed: all in turn, several at a time. */
final class CancelSignals implements Chore {

    /** The rows in flight that somebody wants cancelled. */
    interface Wanted {
        /** The first ones by id after that one. */
        List<ClaimedRow> after(long id, int limit);
    }

    /** Signals a workflow. */
    interface Signal {
        /**
         * Sends it.
         *
         * @throws WorkflowNotFoundException when there is no such workflow, or it has closed
         * @throws RuntimeException any other when it is unknown whether it arrived
         */
        void cancel(ClaimedRow row);
    }

    private static final Logger log = LoggerFactory.getLogger(CancelSignals.class);
    private static final int PAGE = 100;
    private static final int AT_ONCE = 8;
    private static final Duration BEFORE_REPEATING = Duration.ofSeconds(10);

    private final Wanted wanted;
    private final Signal signal;
    private final Predicate<ClaimedRow> onItsWay;
    private final LeaseRescuer leaseRescuer;
    private final LongSupplier nanoTime;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            AT_ONCE, Thread.ofVirtual().name("tempost-cancel-signal-", 0).factory());
    private final Map<Long, Long> signalledAt = new HashMap<>();
    private long lastId;

    /** @param onItsWay whether a row's workflow may not have been started yet */
    CancelSignals(
            Wanted wanted,
            Signal signal,
            Predicate<ClaimedRow> onItsWay,
            LeaseRescuer leaseRescuer,
            LongSupplier nanoTime) {
        this.wanted = wanted;
        this.signal = signal;
        this.onItsWay = onItsWay;
        this.leaseRescuer = leaseRescuer;
        this.nanoTime = nanoTime;
    }

    /** Signals the next ones; those behind them have their turn before these have another. */
    @Override
    public boolean some() throws InterruptedException {
        long now = nanoTime.getAsLong();
        signalledAt.values().removeIf(last -> now - last >= BEFORE_REPEATING.toNanos());
        List<ClaimedRow> page = wanted.after(lastId, PAGE);
        lastId = page.size() < PAGE ? 0 : page.getLast().id();
        List<Callable<Void>> signals = new ArrayList<>();
        for (ClaimedRow row : page) {
            // a batch asks the gate for each row anyway
            if (row.batch() == null && signalledAt.putIfAbsent(row.id(), now) == null) {
                signals.add(() -> {
                    wake(row);
                    return null;
                });
            }
        }
        threads.invokeAll(signals);
        return lastId != 0;
    }

    private void wake(ClaimedRow row) {
        try {
            signal.cancel(row);
        } catch (WorkflowNotFoundException closed) {
            // a start that is on its way meets the cancellation at the gate
            settleUnlessOnItsWay(row);
        } catch (RuntimeException e) {
            later(row, e);
        }
    }

    private void settleUnlessOnItsWay(ClaimedRow row) {
        try {
            if (!onItsWay.test(row)) {
                leaseRescuer.settle(row);
            }
        } catch (RuntimeException e) {
            later(row, e);
        }
    }

    private static void later(ClaimedRow row, RuntimeException failure) {
        log.debug("Row {} waits for its workflow to be woken again", row.id(), failure);
    }

    void close() {
        threads.shutdownNow();
    }
}
