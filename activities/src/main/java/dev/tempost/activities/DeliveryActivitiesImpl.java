package dev.tempost.activities;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.workflows.CarriedFailure;
import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.MarkRequest;
import dev.tempost.workflows.MarkResult;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInfo;
import io.temporal.client.ActivityCompletionException;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A place and memory, the gate, the send, the record: in this order, each step once. */
public final class DeliveryActivitiesImpl implements DeliveryActivities, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DeliveryActivitiesImpl.class);

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration BETWEEN_RECORDINGS = Duration.ofSeconds(1);
    // then Temporal keeps the row, not a thread of this process
    private static final Duration LONGEST_WAIT_FOR_A_PLACE = Duration.ofSeconds(20);

    private final UnrecordedRefusals refusals;
    private final Function<String, Route> routes;
    private final Memory memory;
    private final SendListener listener;
    private final Watchdog watchdog = new Watchdog();
    private final SendAttempt.Collaborators with;
    private final Gate gate;
    private final Marking marking;
    private final Duration placeTimeout;

    /**
     * @param routes from an event type to the way it goes out
     * @param memory what messages may take up, those of all ways together
     * @param listener told of everything that comes of a row
     */
    public DeliveryActivitiesImpl(
            Ledger ledger, Breaker breaker, Function<String, Route> routes, Memory memory, SendListener listener) {
        this(ledger, breaker, routes, memory, listener, LONGEST_WAIT_FOR_A_PLACE);
    }

    DeliveryActivitiesImpl(
            Ledger ledger,
            Breaker breaker,
            Function<String, Route> routes,
            Memory memory,
            SendListener listener,
            Duration longestWaitForAPlace) {
        this.refusals = new UnrecordedRefusals(ledger);
        this.routes = routes;
        this.memory = memory;
        this.listener = listener;
        this.placeTimeout = longestWaitForAPlace;
        this.with = new SendAttempt.Collaborators(ledger, refusals, breaker, listener, watchdog);
        this.gate = new Gate(with);
        this.marking = new Marking(ledger, listener);
        watchdog.every(BETWEEN_RECORDINGS, refusals::recordAllKept);
    }

    @Override
    public SendResult send(SendRequest request) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        ActivityInfo activity = context.getInfo();
        CarriedFailure carried = request.carried();
        if (carried != null && activity.getAttempt() == 1) {
            throw Failures.retryable(carried.type(), carried.message(), carried.retryAfter());
        }
        if (activity.isLocal()) {
            return sendFromAPlace(request, activity);
        }
        // so that Temporal soon notices when this process dies
        Future<?> heartbeats = watchdog.every(HEARTBEAT, () -> heartbeat(context));
        try {
            return sendFromAPlace(request, activity);
        } finally {
            heartbeats.cancel(false);
        }
    }

    private static void heartbeat(ActivityExecutionContext context) {
        try {
            context.heartbeat(null);
        } catch (ActivityCompletionException cancelled) {
            log.debug("A send under way is allowed to finish, although its workflow no longer needs it");
        }
    }

    /** Whatever happens, the listener hears of the end: whoever counts rows on their way would count this one for ever. */
    private SendResult sendFromAPlace(SendRequest request, ActivityInfo activity) {
        DeliveryRequest delivery = request.delivery();
        try {
            Route route = routes.apply(delivery.eventType());
            String rateLimitedQueue = route.rateLimitedQueue();
            if (rateLimitedQueue != null
                    && (activity.isLocal() || !rateLimitedQueue.equals(activity.getActivityTaskQueue()))) {
                // started under another configuration: sent from here it would pass the limit by
                throw Failures.rateLimitedElsewhere(route.provider(), rateLimitedQueue);
            }
            try (Room room = room(route, delivery)) {
                listener.onBegun(delivery.id());
                return gate.pass(request, route, activity, room);
            }
        } finally {
            listener.onEnded(delivery.id());
        }
    }

    private Room room(Route route, DeliveryRequest delivery) {
        Places.Place place = route.places().take(delivery.priority(), placeTimeout);
        if (place == null) {
            throw noRoom(
                    delivery,
                    FailureType.CONNECTIONS_BUSY,
                    "all connections to provider " + route.provider() + " were busy");
        }
        // before the gate, which hands out the payload
        Memory.Share share = memory.take(placeTimeout);
        if (share == null) {
            place.close();
            throw noRoom(delivery, FailureType.MEMORY_BUSY, "other messages had all memory that there is for them");
        }
        return new Room(route.places(), delivery.priority(), place, share);
    }

    private ApplicationFailure noRoom(DeliveryRequest delivery, String type, String why) {
        with.tell(delivery, "waiting", null);
        return Failures.retryable(
                type, "nothing was sent: " + why, Failures.soon(Duration.ofSeconds(1), Duration.ofSeconds(2)));
    }

    @Override
    public MarkResult mark(MarkRequest request) {
        try {
            refusals.recordKept(request.id());
            return marking.mark(request, Activity.getExecutionContext().getInfo());
        } catch (OutboxUnavailableException e) {
            throw Failures.retryable(FailureType.OUTBOX_UNAVAILABLE, String.valueOf(e.getMessage()), null);
        }
    }

    /** Stops the watchdog; call it once no send is under way any more. */
    @Override
    public void close() {
        watchdog.close();
    }
}
