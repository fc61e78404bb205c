package dev.tempost.starter;

import dev.tempost.outbox.ClaimRules;
import dev.tempost.outbox.ClaimedRow;
import dev.tempost.outbox.Claims;
import dev.tempost.outbox.EventTypes;
import dev.tempost.outbox.OutboxUnavailableException;
import dev.tempost.outbox.ProviderHealth;
import dev.tempost.workflows.FailureType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wake, claim, start: one loop. */
public final class Poller implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Poller.class);
    private static final Duration BETWEEN_CHORES = Duration.ofSeconds(1);
    private static final Duration BETWEEN_MENDINGS = Duration.ofSeconds(10);
    private static final Duration AFTER_A_FAILED_START = Duration.ofSeconds(2);
    private static final Duration LOST_SIGHT = Duration.ofMillis(250);
    private static final Duration BETWEEN_URGENT_LOOKS = Duration.ofMillis(20);
    private static final int CHORE_BATCH = 100;

    private final Claims claims;
    private final ProviderHealth providers;
    private final Routing routing;
    private final WorkflowClient client;
    private final StarterSettings settings;
    private final DeliveryStarter starter;
    private final LostRows lostRows;
    private final CancelSignals cancelSignals;
    private final InFlight inFlight;
    private final Waker waker = new Waker();
    private final @Nullable Listener listener;
    private final ExecutorService starts = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("tempost-start-", 0).factory());
    private final Thread loop = Thread.ofPlatform().name("tempost-poller").unstarted(this::run);
    private EventTypes deliverable = EventTypes.all();
    private long turnsMendedAt = System.nanoTime();
    private volatile Runnable whenRefused = () -> {};
    private volatile boolean stopped;
    private volatile boolean temporalAway;
    private volatile boolean started = true;

    /**
     * @param dataSource a pool; claims take one connection at a time
     * @param listening where the connection for LISTEN comes from, which it keeps; ignored when listening is off
     */
    public Poller(
            DataSource dataSource,
            DataSource listening,
            WorkflowClient client,
            StarterSettings settings,
            Policies policies,
            Routing routing,
            ClaimRules rules) {
        this.claims = new Claims(dataSource, rules);
        this.providers = new ProviderHealth(dataSource);
        this.routing = routing;
        this.client = client;
        this.settings = settings;
        this.starter = new DeliveryStarter(client, settings, policies);
        this.lostRows = new LostRows(client, claims, policies);
        this.cancelSignals = new CancelSignals(client, claims, lostRows);
        this.inFlight = settings.adaptive()
                ? InFlight.adaptive(settings.capacity(), System::nanoTime)
                : InFlight.fixed(settings.capacity(), System::nanoTime);
        this.listener = settings.listen() ? new Listener(listening, dataSource, waker) : null;
    }

    /** Starts the loop. PostgreSQL and Temporal need not be there yet. */
    public void start() {
        if (listener != null) {
            listener.start();
        }
        loop.start();
    }

    /** Tells the poller that a row's first attempt has ended, which makes room for another. */
    public void finished(long id) {
        if (inFlight.remove(id) && inFlight.room() > 0) {
            waker.ring();
        }
    }

    /** Tells the poller that Temporal has handed a row to its activity. */
    public void begun(long id) {
        inFlight.begun(id);
    }

    /** Whom to tell when Temporal refuses a start: what Tempost needs there may be gone. Must be quick. */
    public void whenRefused(Runnable listener) {
        whenRefused = listener;
    }

    /** How many claimed rows are between their claim and the end of their first attempt. */
    public int inFlight() {
        return inFlight.size();
    }

    private void run() {
        Backoff idle = new Backoff(settings.busiestInterval(), settings.idlestInterval());
        Backoff withoutDatabase = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
        // of its own: a claim that works says nothing of the starts that follow it
        Backoff withoutTemporal = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
        long choresDueAt = System.nanoTime();
        while (!stopped) {
            try {
                if (temporalAway) {
                    sleep(withoutTemporal.next());
                    if (!temporalAnswers()) {
                        continue;
                    }
                }
                if (System.nanoTime() - choresDueAt >= 0) {
                    chores();
                    choresDueAt = System.nanoTime() + BETWEEN_CHORES.toNanos();
                }
                int room = inFlight.room();
                if (room == 0) {
                    whileFull();
                    withoutDatabase.reset();
                    continue;
                }
                Claims.Claimed claimed = claim(room, false);
                if (started) {
                    started = false;
                    withoutTemporal.reset();
                }
                withoutDatabase.reset();
                if (claimed.rows().isEmpty() && !claimed.more()) {
                    boolean notified = listener != null && listener.hearing();
                    if (waker.await(notified ? settings.idlestInterval() : idle.next())) {
                        idle.reset();
                    }
                } else {
                    idle.reset();
                }
            } catch (OutboxUnavailableException e) {
                Duration pause = withoutDatabase.next();
                log.warn("Polling pauses for {} ms: {}", pause.toMillis(), e.getMessage());
                sleep(pause);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                Duration pause = withoutDatabase.next();
                log.error("Polling pauses for {} ms after an unexpected failure", pause.toMillis(), e);
                sleep(pause);
            }
        }
    }

    private Claims.Claimed claim(int limit, boolean urgentOnly) {
        if (limit == 0 || deliverable.none()) {
            return new Claims.Claimed(List.of(), false);
        }
        Claims.Claimed claimed = urgentOnly
                ? claims.claimUrgent(limit, settings.lease(), deliverable, settings.tenant())
                : claims.claim(limit, settings.lease(), deliverable, settings.tenant());
        claimed.rows().forEach(row -> submit(row, false));
        return claimed;
    }

    /** Waits for a row to end or to arrive, and takes what is urgent. */
    private void whileFull() throws InterruptedException {
        if (!waker.await(LOST_SIGHT)) {
            lookForFinished();
        }
        if (!stopped && inFlight.room() == 0) {
            if (claim(inFlight.roomForUrgent(), true).more()) {
                waker.ring();
            }
            sleep(BETWEEN_URGENT_LOOKS);
        }
    }

    /** What is not worth a look at every wake: providers that are down, expiry, leases that ran out, cancellations. */
    private void chores() {
        deliverable = routing.deliverable(
                providers.down().stream().map(ProviderHealth.Down::provider).collect(Collectors.toSet()));
        claims.expire(CHORE_BATCH);
        if (System.nanoTime() - turnsMendedAt > BETWEEN_MENDINGS.toNanos()) {
            turnsMendedAt = System.nanoTime();
            int mended = claims.mendTurns();
            if (mended > 0) {
                log.info("Passed on the turns of {} shards whose next row was being changed just then", mended);
            }
        }
        int places = Math.max(1, inFlight.capacity() - inFlight.size());
        claims.reclaim(places, settings.lease()).forEach(row -> submit(row, true));
        try {
            cancelSignals.send();
        } catch (StatusRuntimeException | io.temporal.client.WorkflowServiceException e) {
            temporalFailed(e);
        }
        if (inFlight.size() > 0) {
            lookForFinished();
        }
    }

    /** Rows whose first attempt another process made are missed by {@link #finished}; the table knows. */
    private void lookForFinished() {
        long[] ids = inFlight.ids();
        HashSet<Long> live = new HashSet<>(claims.stillLeased(ids));
        for (long id : ids) {
            if (!live.contains(id)) {
                inFlight.remove(id);
            }
        }
    }

    private void submit(ClaimedRow row, boolean leaseRanOut) {
        inFlight.add(row.id(), row.priority());
        starts.execute(() -> {
            if (!start(row, leaseRanOut)) {
                finished(row.id());
            }
        });
    }

    /** Returns whether the row is on its way, and takes up a place until its first attempt ends. */
    private boolean start(ClaimedRow row, boolean leaseRanOut) {
        try {
            if (leaseRanOut && !lostRows.mayStart(row)) {
                return false;
            }
            boolean paced = starter.start(row);
            started = true;
            return !paced;
        } catch (WorkflowExecutionAlreadyStarted completed) {
            lostRows.settle(row);
        } catch (StatusRuntimeException | io.temporal.client.WorkflowServiceException e) {
            temporalFailed(e);
            giveBack(row, e);
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} stays with its lease: {}", row.id(), e.getMessage());
        } catch (RuntimeException e) {
            log.error("Row {} could not be started; its lease will run out", row.id(), e);
        }
        return false;
    }

    /** Back to pending only when surely nothing was started; otherwise the lease runs out, and Temporal is asked first. */
    private void giveBack(ClaimedRow row, RuntimeException failure) {
        try {
            Status.Code code = code(failure);
            if (code == Status.Code.INVALID_ARGUMENT
                    || code == Status.Code.NOT_FOUND
                    || code == Status.Code.PERMISSION_DENIED) {
                whenRefused.run();
                claims.release(
                        row, AFTER_A_FAILED_START, FailureType.START_REFUSED, "Temporal refused the start: " + code);
            } else {
                claims.renew(row, AFTER_A_FAILED_START);
            }
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} stays with its lease: {}", row.id(), e.getMessage());
        }
    }

    private void temporalFailed(RuntimeException failure) {
        if (!temporalAway) {
            temporalAway = true;
            log.warn("Claiming pauses until Temporal answers: {}", rootMessage(failure));
        }
    }

    private boolean temporalAnswers() {
        try {
            client.getWorkflowServiceStubs()
                    .blockingStub()
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .getSystemInfo(GetSystemInfoRequest.getDefaultInstance());
            temporalAway = false;
            log.info("Temporal answers: claiming goes on");
            return true;
        } catch (StatusRuntimeException e) {
            return false;
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

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    private void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            stopped = true;
        }
    }

    /** Stops claiming and waits for the starts under way; what they started goes on. */
    @Override
    public void close() {
        stopped = true;
        waker.ring();
        try {
            loop.join(Duration.ofSeconds(10));
            loop.interrupt();
            starts.shutdown();
            if (!starts.awaitTermination(10, TimeUnit.SECONDS)) {
                starts.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (listener != null) {
            listener.close();
        }
        starter.close();
    }
}
