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

/** Sends and marks rows that have a workflow of their own. */
public final class DeliveryActivitiesImpl implements DeliveryActivities, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DeliveryActivitiesImpl.class);

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final Duration BETWEEN_RECORDINGS = Duration.ofSeconds(1);

    private final UnrecordedRefusals refusals;
    private final Function<String, Route> routes;
    private final SendListener listener;
    private final Watchdog watchdog = new Watchdog();
    private final Sending sending;
    private final Marking marking;

    /**
     * @param routes from an event type to the way it goes out
     * @param memory what messages may take up, those of all ways together
     * @param listener told of everything that comes of a row
     */
    public DeliveryActivitiesImpl(
            Ledger ledger, Breaker breaker, Function<String, Route> routes, Memory memory, SendListener listener) {
        this(ledger, breaker, routes, memory, listener, Sending.LONGEST_WAIT_FOR_A_PLACE);
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
        this.listener = listener;
        this.sending = new Sending(
                new SendAttempt.Collaborators(ledger, refusals, breaker, listener, watchdog),
                memory,
                longestWaitForAPlace);
        this.marking = new Marking(ledger, listener);
        watchdog.every(BETWEEN_RECORDINGS, this::recordRefusals);
    }

    private void recordRefusals() {
        try {
            refusals.recordAllKept();
        } catch (OutboxUnavailableException e) {
            log.debug("Refusals are still to be recorded", e);
        }
    }

    @Override
    public SendResult send(SendRequest request) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        ActivityInfo activity = context.getInfo();
        CarriedFailure carried = request.carried();
        if (carried != null && justHandedOver(activity)) {
            throw Failures.retryable(carried.type(), carried.message(), carried.retryAfter());
        }
        if (activity.isLocal()) {
            return sendFromItsQueue(request, activity);
        }
        // so that Temporal soon notices when this process dies
        Future<?> heartbeats = watchdog.every(HEARTBEAT, () -> heartbeat(context));
        try {
            return sendFromItsQueue(request, activity);
        } finally {
            heartbeats.cancel(false);
        }
    }

    /** An activity that an operator has reset is at its first attempt again too, but later than it was scheduled: it is to send. */
    private static boolean justHandedOver(ActivityInfo activity) {
        return activity.getAttempt() == 1
                && activity.getCurrentAttemptScheduledTimestamp() == activity.getScheduledTimestamp();
    }

    private static void heartbeat(ActivityExecutionContext context) {
        try {
            context.heartbeat(null);
        } catch (ActivityCompletionException cancelled) {
            log.debug("A send under way is allowed to finish, although its workflow no longer needs it");
        }
    }

    /** Whatever happens, the listener hears of the end: whoever counts rows on their way would count this one for ever. */
    private SendResult sendFromItsQueue(SendRequest request, ActivityInfo activity) {
        DeliveryRequest delivery = request.delivery();
        try {
            Route route = routes.apply(delivery.eventType());
            String rateLimitedQueue = route.rateLimitedQueue();
            if (rateLimitedQueue != null
                    && (activity.isLocal() || !rateLimitedQueue.equals(activity.getActivityTaskQueue()))) {
                // started under another configuration: sent from here it would pass the limit by
                throw Failures.rateLimitedElsewhere(route.provider(), rateLimitedQueue);
            }
            return sending.send(request, route, Gate.Run.of(activity));
        } catch (ApplicationFailure failure) {
            throw Failures.shownBy(request.known(), failure);
        } finally {
            listener.onEnded(delivery.id());
        }
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
