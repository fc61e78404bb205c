package dev.tempost.starter;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Deadline;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Stage;
import dev.tempost.reconciliation.WorkflowInspector;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wake, claim, start: composes the tasks of one replica's starter. */
public final class Poller {

    private static final Logger log = LoggerFactory.getLogger(Poller.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
    private static final Duration BETWEEN_CHORES = Duration.ofSeconds(1);
    // whoever sends in this process tells by itself: the table is asked about what others took over
    private static final Duration BETWEEN_SIGHTINGS = Duration.ofMillis(250);
    private static final Duration BETWEEN_SIGHTINGS_ALONE = Duration.ofMillis(25);
    private static final int BATCH = 100;
    private static final Duration LONGEST_STOP = Duration.ofSeconds(10);

    private final StarterSettings settings;
    private final Claims claims;
    private final DispatchedRows dispatched;
    private final Flights flights;
    private final TemporalAway temporalAway;
    private final Deadlines deadlines = new Deadlines();
    private final Starts starts;
    private final CancelSignals cancelSignals;
    private final Claiming claiming;
    private final List<RepeatingTask> tasks = new ArrayList<>();

    /**
     * @param dataSource a pool; each task takes one connection at a time
     * @param listening where the connection for LISTEN comes from, which it keeps
     */
    public Poller(
            DataSource dataSource,
            DataSource listening,
            WorkflowClient client,
            StarterSettings settings,
            Policies policies,
            Routing routing,
            ClaimRules rules) {
        this.settings = settings;
        Waker waker = new Waker();
        ProviderHealth providers = new ProviderHealth(dataSource);
        claims = new Claims(dataSource, rules);
        dispatched = new DispatchedRows(dataSource);
        flights = Flights.adaptive(settings.capacity(), routing, waker::ring, System::nanoTime);
        temporalAway = TemporalAway.of(client);
        Leases leases = Leases.of(dispatched);
        LeaseRescuer leaseRescuer = new LeaseRescuer(new WorkflowInspector(client)::of, leases, policies);
        starts = new Starts(
                new DeliveryStarter(client, settings, policies, deadlines)::start,
                new BatchStarter(client, settings, policies, deadlines)::start,
                leaseRescuer,
                leases,
                flights,
                temporalAway);
        Deliverable deliverable = new Deliverable(
                routing,
                () -> providers.down().stream()
                        .map(ProviderHealth.Down::provider)
                        .collect(Collectors.toSet()));
        cancelSignals = new CancelSignals(
                dispatched::cancelling,
                row -> deadlines.call(() ->
                        client.newUntypedWorkflowStub(row.workflowId()).signal("cancel", "the row was cancelled")),
                row -> dispatched.stages(new long[] {row.id()}).get(row.id()) != Stage.ENDED,
                leaseRescuer,
                System::nanoTime);

        Listener listener = new Listener(listening, dataSource, this::rowsCame);
        claiming = new Claiming(
                new Claiming.Source() {
                    @Override
                    public Claims.Claimed claim(int limit, EventTypes eventTypes) {
                        return claims.claim(limit, settings.lease(), eventTypes, settings.tenant());
                    }

                    @Override
                    public Claims.Claimed claimUrgent(int limit, EventTypes eventTypes) {
                        return claims.claimUrgent(limit, settings.lease(), eventTypes, settings.tenant());
                    }

                    @Override
                    public Claims.Claimed claimBatches(int limit, int singles, EventTypes eventTypes) {
                        return claims.claimBatches(limit, singles, settings.lease(), eventTypes, settings.tenant());
                    }
                },
                starts::begin,
                flights,
                deliverable,
                temporalAway,
                waker,
                listener::hearing,
                System::nanoTime);
        repeat("Polling", claiming);
        repeat("Listening", listener);
        repeat(
                "Looking for ended attempts",
                new Sightings(
                        dispatched::stages,
                        flights,
                        settings.alone() ? BETWEEN_SIGHTINGS_ALONE : BETWEEN_SIGHTINGS,
                        System::nanoTime));
        chore("Looking for providers that are down", () -> {
            deliverable.look();
            return false;
        });
        chore("Expiring rows", () -> claims.expire(BATCH) == BATCH);
        chore("Reclaiming rows", this::reclaim);
        chore("Mending turns", this::mendTurns);
        chore("Lifting pauses that end", new Pauses(dataSource)::resumeEnded);
        chore("Sending cancel signals", cancelSignals);
    }

    private void repeat(String name, RepeatingTask.Round round) {
        tasks.add(new RepeatingTask(name, BACKOFF, OutboxUnavailableException.class::isInstance, round));
    }

    private void chore(String name, Chore chore) {
        repeat(name, () -> chore.some() ? Next.AT_ONCE : Next.after(BETWEEN_CHORES));
    }

    private void rowsCame() {
        claiming.rowsCame();
    }

    /** Starts the tasks. PostgreSQL and Temporal need not be there yet. */
    public void start() {
        tasks.forEach(RepeatingTask::start);
    }

    /** Whom the attempts that this process makes report to. */
    public Flights flights() {
        return flights;
    }

    /** Whom to tell when Temporal refuses a start: what Tempost needs there may be gone. Must be quick. */
    public void whenRefused(Runnable listener) {
        starts.whenRefused(listener);
    }

    /**
     * Takes over rows whose lease ran out, as many as may wait for Temporal. It does not ask whether there is room for them: new
     * rows would always have taken it.
     */
    private boolean reclaim() {
        if (temporalAway.now()) {
            return false;
        }
        int capacity = flights.capacity();
        List<ClaimedRow> lost = dispatched.reclaim(capacity, settings.lease());
        lost.forEach(starts::resume);
        return lost.size() == capacity && flights.waiting() < capacity;
    }

    private boolean mendTurns() {
        int mended = claims.mendTurns();
        if (mended > 0) {
            log.info("Passed on the turns of {} shards whose next row was being changed just then", mended);
        }
        return mended > 0;
    }

    /** Stops claiming and waits for the starts under way, that long or ten seconds; what they started goes on. */
    public void stop(Duration patience) {
        Deadline deadline = Deadline.in(patience.compareTo(LONGEST_STOP) < 0 ? patience : LONGEST_STOP);
        tasks.forEach(RepeatingTask::stop);
        try {
            for (RepeatingTask task : tasks) {
                task.join(deadline.left());
            }
            starts.close(deadline.left());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cancelSignals.close();
        deadlines.close();
    }
}
