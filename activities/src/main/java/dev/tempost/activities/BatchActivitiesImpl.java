package dev.tempost.activities;

import dev.tempost.loops.Sleeper;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.BatchLedger;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.workflows.BatchActivities;
import dev.tempost.workflows.BatchProgress;
import dev.tempost.workflows.BatchRequest;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.FailureType;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.client.ActivityCompletionException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.function.Function;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends batches. A batch never waits for a row: what is not over soon goes back, or on in a workflow of its own. */
public final class BatchActivitiesImpl implements BatchActivities, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BatchActivitiesImpl.class);

    private static final Duration HEARTBEAT = Duration.ofSeconds(3);
    private static final Duration BETWEEN_RECORDINGS = Duration.ofSeconds(1);
    // what it has not begun by then others may have, in the order of the day
    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final Duration LEASE = Duration.ofSeconds(30);
    // each time writes all rows: seldom, but twice before a lease runs out
    private static final Duration BETWEEN_RENEWALS = Duration.ofSeconds(10);

    private final DataSource dataSource;
    private final Ledger ledger;
    private final Breaker breaker;
    private final Function<String, Route> routes;
    private final Memory memory;
    private final SendListener listener;
    private final Watchdog watchdog = new Watchdog();

    /**
     * @param routes from an event type to the way it goes out
     * @param memory what messages may take up, those of all ways together
     * @param listener told of everything that comes of a row
     */
    public BatchActivitiesImpl(
            DataSource dataSource,
            Breaker breaker,
            Function<String, Route> routes,
            Memory memory,
            SendListener listener) {
        this.dataSource = dataSource;
        this.ledger = new Ledger(dataSource);
        this.breaker = breaker;
        this.routes = routes;
        this.memory = memory;
        this.listener = listener;
    }

    @Override
    public BatchProgress sendBatch(BatchRequest request) {
        try {
            return new Run(Activity.getExecutionContext(), request).send();
        } finally {
            request.rows().forEach(row -> listener.onEnded(row.id()));
        }
    }

    /** One execution of the activity. */
    private final class Run {

        private final ActivityExecutionContext context;
        private final BatchLedger batchLedger;
        private final GroupedLedger grouped;
        private final UnrecordedRefusals refusals;
        private final Batch batch;
        private volatile boolean over;

        Run(ActivityExecutionContext context, BatchRequest request) {
            this.context = context;
            Gate.Run run = Gate.Run.of(context.getInfo());
            Route route = routes.apply(request.eventType());
            batchLedger =
                    new BatchLedger(dataSource, run.workflowId(), run.runId(), route.provider(), route.suppressing());
            grouped = new GroupedLedger(
                    batchLedger,
                    ledger,
                    LedgerTransmission.patience(request.policy().attemptDeadline()));
            refusals = new UnrecordedRefusals(grouped);
            Sending sending = new Sending(
                    new SendAttempt.Collaborators(grouped, refusals, breaker, listener, watchdog), memory, LONGEST);
            batch = new Batch(request, route, run, sending, grouped, memory, listener);
            context.getHeartbeatDetails(BatchProgress.class).ifPresent(batch::goOnFrom);
        }

        BatchProgress send() {
            Future<?> beats = watchdog.every(HEARTBEAT, this::beat);
            Future<?> renewals = watchdog.every(BETWEEN_RENEWALS, this::renew);
            Future<?> end = watchdog.closeAfter(LONGEST, batch::stop);
            try {
                batch.send();
                finish();
                return batch.progress();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Failures.retryable(FailureType.INTERNAL_ERROR, "the worker was stopped", null);
            } finally {
                beats.cancel(false);
                renewals.cancel(false);
                end.cancel(false);
                grouped.close();
            }
        }

        /** Tells PostgreSQL what it does not know yet, however long it is away: what was accepted must not be taken for unsent. */
        private void finish() {
            while (true) {
                try {
                    refusals.recordAllKept();
                    batch.recordUnrecorded(ledger);
                    batch.count(DeliveryOutcome.PENDING, batchLedger.leave(batch.unfinished()));
                    return;
                } catch (OutboxUnavailableException e) {
                    if (over) {
                        throw Failures.retryable(FailureType.OUTBOX_UNAVAILABLE, String.valueOf(e.getMessage()), null);
                    }
                    pause();
                }
            }
        }

        private void pause() {
            try {
                Sleeper.REAL.sleep(BETWEEN_RECORDINGS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                over = true;
            }
        }

        private void beat() {
            try {
                context.heartbeat(batch.progress());
            } catch (ActivityCompletionException e) {
                log.debug("A batch is over: what is being sent may finish, the rest goes back to the claim", e);
                over = true;
                batch.stop();
            }
            try {
                batch.stayAlive();
            } catch (OutboxUnavailableException e) {
                log.debug("Attempts of a batch could not be prolonged", e);
            }
        }

        private void renew() {
            try {
                batch.renew(batchLedger, LEASE);
            } catch (OutboxUnavailableException e) {
                log.debug("The leases of a batch could not be renewed", e);
            }
        }
    }

    /** Stops the watchdog; call it once no send is under way any more. */
    @Override
    public void close() {
        watchdog.close();
    }
}
