package dev.tempost.starter;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.workflows.FailureType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts claimed rows, each on a thread of its own, and sees to those that cannot be started. */
final class Starts {

    /** Starts the workflow of one row; {@link DeliveryStarter#start} says what it throws. */
    interface Start {
        /** Returns whether a rate limit makes the row wait in Temporal, where it takes up no place of this process. */
        boolean start(ClaimedRow row);
    }

    /** Starts the workflow of rows that share one; {@link BatchStarter#start} says what it throws. */
    interface BatchStart {
        void start(List<ClaimedRow> batch);
    }

    private static final Logger log = LoggerFactory.getLogger(Starts.class);
    private static final Duration AFTER_A_FAILED_START = Duration.ofSeconds(2);

    private final Start start;
    private final BatchStart batchStart;
    private final LeaseRescuer leaseRescuer;
    private final Leases leases;
    private final Flights flights;
    private final TemporalAway temporalAway;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("tempost-start-", 0).factory());
    private volatile Runnable whenRefused = () -> {};

    Starts(
            Start start,
            BatchStart batchStart,
            LeaseRescuer leaseRescuer,
            Leases leases,
            Flights flights,
            TemporalAway temporalAway) {
        this.start = start;
        this.batchStart = batchStart;
        this.leaseRescuer = leaseRescuer;
        this.leases = leases;
        this.flights = flights;
        this.temporalAway = temporalAway;
    }

    void whenRefused(Runnable listener) {
        whenRefused = listener;
    }

    /** Starts what was claimed just now: each row, or several together. */
    void begin(List<ClaimedRow> claimed) {
        Map<String, List<ClaimedRow>> together = new LinkedHashMap<>();
        for (ClaimedRow row : claimed) {
            if (row.batch() == null) {
                beginAlone(row);
            } else {
                together.computeIfAbsent(row.batch(), id -> new ArrayList<>()).add(row);
            }
        }
        together.values().forEach(this::beginBatch);
    }

    private void beginBatch(List<ClaimedRow> batch) {
        flights.addBatch(batch);
        threads.execute(() -> {
            try {
                batchStart.start(batch);
                temporalAway.worked();
            } catch (RuntimeException e) {
                batch.forEach(row -> {
                    couldNotStart(row, e);
                    flights.onEnded(row.id());
                });
            }
        });
    }

    private void beginAlone(ClaimedRow row) {
        flights.add(row);
        threads.execute(() -> {
            if (!started(row, false)) {
                flights.onEnded(row.id());
            }
        });
    }

    /** Starts a row whose lease ran out, if Temporal says that it is lost. */
    void resume(ClaimedRow row) {
        if (flights.sending(row.id())) {
            // this process is still sending it, and its lease has just been renewed
            return;
        }
        flights.add(row);
        threads.execute(() -> {
            if (!started(row, true)) {
                flights.onEnded(row.id());
            }
        });
    }

    /** Returns whether the row is on its way, and takes up a place until its first attempt ends. */
    private boolean started(ClaimedRow row, boolean leaseRanOut) {
        try {
            if (leaseRanOut && !leaseRescuer.mayStart(row)) {
                return false;
            }
            boolean rateLimited = start.start(row);
            temporalAway.worked();
            return !rateLimited;
        } catch (WorkflowExecutionAlreadyStarted completed) {
            settle(row);
        } catch (RuntimeException e) {
            couldNotStart(row, e);
        }
        return false;
    }

    private void couldNotStart(ClaimedRow row, RuntimeException failure) {
        switch (failure) {
            case StatusRuntimeException e -> unknown(row, e);
            case WorkflowServiceException e -> unknown(row, e);
            case OutboxUnavailableException e -> log.warn("Row {} stays with its lease: {}", row.id(), e.getMessage());
            default -> log.error("Row {} could not be started; its lease will run out", row.id(), failure);
        }
    }

    private void unknown(ClaimedRow row, RuntimeException failure) {
        temporalAway.failed(failure);
        giveBack(row, failure);
    }

    private void settle(ClaimedRow row) {
        try {
            leaseRescuer.settle(row);
        } catch (StatusRuntimeException | WorkflowServiceException e) {
            temporalAway.failed(e);
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} stays with its lease: {}", row.id(), e.getMessage());
        }
    }

    /** Back to pending only when surely nothing was started; otherwise the lease runs out, and Temporal is asked first. */
    private void giveBack(ClaimedRow row, RuntimeException failure) {
        try {
            Status.Code code = code(failure);
            if (code == Status.Code.INVALID_ARGUMENT
                    || code == Status.Code.NOT_FOUND
                    || code == Status.Code.PERMISSION_DENIED) {
                whenRefused.run();
                leases.release(
                        row, AFTER_A_FAILED_START, FailureType.START_REFUSED, "Temporal refused the start: " + code);
            } else {
                leases.renew(row, AFTER_A_FAILED_START);
            }
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} stays with its lease: {}", row.id(), e.getMessage());
        }
    }

    private static Status.Code code(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof StatusRuntimeException status) {
                return status.getStatus().getCode();
            }
        }
        return Status.Code.UNKNOWN;
    }

    /** Waits for the starts under way; takes no more. */
    void close(Duration patience) throws InterruptedException {
        threads.shutdown();
        if (!threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            threads.shutdownNow();
        }
    }
}
