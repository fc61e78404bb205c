package dev.tempost.activities;

import dev.tempost.activities.channel.Delivery;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.outbox.Admission;
import dev.tempost.outbox.AttemptRef;
import dev.tempost.outbox.Ledger;
import dev.tempost.outbox.Mark;
import dev.tempost.outbox.Marked;
import dev.tempost.outbox.OutboxUnavailableException;
import dev.tempost.outbox.RefusedPhase;
import dev.tempost.outbox.RowStatus;
import dev.tempost.workflows.CarriedFailure;
import dev.tempost.workflows.DeliveryActivities;
import dev.tempost.workflows.DeliveryPolicy;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.MarkRequest;
import dev.tempost.workflows.MarkResult;
import dev.tempost.workflows.Receipt;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInfo;
import io.temporal.client.ActivityCompletionException;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gate, send, record: in this order, each step once. */
public final class DeliveryActivitiesImpl implements DeliveryActivities, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DeliveryActivitiesImpl.class);

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private final Ledger ledger;
    private final Breaker breaker;
    private final Function<String, Route> routes;
    private final SendListener listener;
    private final Watchdog watchdog = new Watchdog();

    /**
     * @param routes from an event type to the way it goes out
     * @param listener told of everything that comes of a row
     */
    public DeliveryActivitiesImpl(
            Ledger ledger, Breaker breaker, Function<String, Route> routes, SendListener listener) {
        this.ledger = ledger;
        this.breaker = breaker;
        this.routes = routes;
        this.listener = listener;
    }

    @Override
    public SendResult send(SendRequest request) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        ActivityInfo activity = context.getInfo();
        CarriedFailure carried = request.carried();
        if (carried != null && activity.getAttempt() == 1) {
            throw retryable(carried.type(), carried.message(), carried.retryAfter());
        }
        if (activity.isLocal()) {
            listener.begun(request.delivery().id());
            return send(request, activity);
        }
        // so that Temporal soon notices when this process dies
        Future<?> heartbeats = watchdog.every(HEARTBEAT, () -> heartbeat(context));
        try {
            return send(request, activity);
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

    @Override
    public MarkResult mark(MarkRequest request) {
        try {
            return record(request);
        } catch (OutboxUnavailableException e) {
            throw retryable(FailureType.OUTBOX_UNAVAILABLE, String.valueOf(e.getMessage()), null);
        }
    }

    private MarkResult record(MarkRequest request) {
        ActivityInfo activity = Activity.getExecutionContext().getInfo();
        UUID key = UUID.fromString(request.key());
        Receipt receipt = request.receipt();
        if (receipt != null) {
            ledger.accepted(
                    new AttemptRef(
                            request.id(),
                            key,
                            receipt.attempt(),
                            activity.getWorkflowId(),
                            activity.getWorkflowRunId()),
                    receipt.provider(),
                    receipt.reply(),
                    receipt.providerMessageId());
            return new MarkResult(RowStatus.DELIVERED.column());
        }
        Marked marked = ledger.mark(new Mark(
                request.id(),
                key,
                activity.getWorkflowId(),
                activity.getWorkflowRunId(),
                request.reset(),
                RowStatus.valueOf(request.outcome().toUpperCase(Locale.ROOT)),
                request.message(),
                request.failureType(),
                request.reason()));
        return switch (marked) {
            case Marked.Is(RowStatus status) -> {
                if (status.column().equals(request.outcome())) {
                    listener.came(new SendEvent(
                            request.id(), request.tenant(), request.eventType(), request.outcome(), null));
                }
                yield new MarkResult(status.column());
            }
            case Marked.InProgress(Duration remaining) ->
                throw retryable(
                        FailureType.ATTEMPT_IN_PROGRESS, "an attempt of the row may still be sending", remaining);
            case Marked.SendAgain() -> new MarkResult(MarkResult.SEND_AGAIN);
            case Marked.Missing() -> new MarkResult(MarkResult.MISSING);
        };
    }

    private SendResult send(SendRequest request, ActivityInfo activity) {
        DeliveryRequest delivery = request.delivery();
        DeliveryPolicy policy = delivery.policy();
        UUID key = UUID.fromString(delivery.key());
        Route route = routes.apply(delivery.eventType());
        String pacedQueue = route.pacedQueue();
        if (pacedQueue != null && (activity.isLocal() || !pacedQueue.equals(activity.getActivityTaskQueue()))) {
            // started under another configuration: sent from here it would pass the limit by
            throw pacedElsewhere(route.provider(), pacedQueue);
        }
        long openedAt = System.nanoTime();
        Ledger.Opened opened;
        try {
            opened = ledger.open(
                    delivery.id(),
                    key,
                    activity.getWorkflowRunId(),
                    request.reset(),
                    route.provider(),
                    route.channel().messageId(key, route.provider()),
                    LedgerTransmission.patience(policy.attemptDeadline()),
                    policy.parkWhenAmbiguous());
        } catch (OutboxUnavailableException e) {
            ended(delivery, "transient", null);
            throw retryable(FailureType.OUTBOX_UNAVAILABLE, "nothing was sent: " + e.getMessage(), null);
        }
        if (opened.foundAmbiguous()) {
            log.warn("Row {} may have been sent: an attempt that was transmitting never reported back", delivery.id());
            ended(delivery, "ambiguous", null);
        }
        Admission admission = opened.admission();
        if (!(admission instanceof Admission.Send || admission instanceof Admission.Settled)) {
            ended(delivery, "waiting", null);
        }
        return switch (admission) {
            case Admission.Send send -> transmit(send, delivery, route, activity, openedAt);
            case Admission.Settled(RowStatus status, String reason, String errorType, String error) -> {
                ended(delivery, status.column(), null);
                if (status == RowStatus.FAILED) {
                    throw nonRetryable(
                            errorType == null ? FailureType.WORKFLOW_LOST : errorType,
                            error == null ? "row " + delivery.id() + " was failed by another run" : error);
                }
                yield new SendResult(status.column(), reason, null);
            }
            case Admission.InProgress(Duration remaining) ->
                throw retryable(
                        FailureType.ATTEMPT_IN_PROGRESS,
                        "another attempt may still be sending; its deadline is " + remaining.toSeconds() + " s away",
                        remaining.plusMillis(50));
            case Admission.ProviderDown(Duration remaining, String errorType, String error) ->
                throw retryable(
                        errorType, "nothing was sent: provider " + route.provider() + " is down: " + error, remaining);
            case Admission.Paused(Duration remaining, String reason) ->
                throw retryable(FailureType.PAUSED, "nothing was sent: " + reason, remaining);
            case Admission.NotItsTurn(Duration remaining) ->
                throw retryable(
                        FailureType.NOT_ITS_TURN,
                        "another row of the shard has the turn; ./tempost shards names it",
                        remaining);
            case Admission.Locked(Duration remaining) ->
                throw retryable(
                        FailureType.OUTBOX_UNAVAILABLE, "nothing was sent: somebody holds the row's lock", remaining);
            case Admission.NotDispatched() ->
                throw retryable(
                        FailureType.ROW_NOT_DISPATCHED, "the row is pending again and waits to be claimed", null);
            case Admission.Parked() ->
                throw nonRetryable(
                        FailureType.AMBIGUOUS_OUTCOME,
                        "an earlier attempt may have been accepted; retry the row to send it again, or dismiss it");
            case Admission.Missing() ->
                throw nonRetryable(FailureType.ROW_MISSING, "row " + delivery.id() + " with this key is gone");
        };
    }

    private SendResult transmit(
            Admission.Send send, DeliveryRequest delivery, Route route, ActivityInfo activity, long openedAt) {
        AttemptRef attempt = new AttemptRef(
                delivery.id(),
                UUID.fromString(delivery.key()),
                send.attempt(),
                activity.getWorkflowId(),
                activity.getWorkflowRunId());
        Outcome outcome = attempt(send, delivery, route, attempt, openedAt);
        breaker.learn(route.provider(), outcome);
        int sends = activity.isLocal() ? 1 : activity.getAttempt();
        return switch (outcome) {
            case Outcome.Accepted accepted -> delivered(delivery, route, attempt, accepted);
            case Outcome.Permanent(String type, String reply, boolean reached) ->
                throw refused(delivery, route, attempt, RefusedPhase.REJECTED, reached, type, reply, null);
            case Outcome.Transient(String type, String reply, Duration retryAfter, boolean reached) ->
                throw again(
                        delivery,
                        route,
                        attempt,
                        send,
                        RefusedPhase.TRANSIENT,
                        reached,
                        type,
                        reply,
                        retryAfter,
                        sends);
            case Outcome.ChannelDown(String type, String reply) ->
                throw again(delivery, route, attempt, send, RefusedPhase.TRANSIENT, false, type, reply, null, sends);
            case Outcome.Ambiguous(String reply) -> {
                log.warn("Row {} may have been accepted by {}: {}", delivery.id(), route.provider(), reply);
                throw delivery.policy().parkWhenAmbiguous()
                        ? refused(
                                delivery,
                                route,
                                attempt,
                                RefusedPhase.AMBIGUOUS,
                                true,
                                FailureType.AMBIGUOUS_OUTCOME,
                                reply,
                                null)
                        : again(
                                delivery,
                                route,
                                attempt,
                                send,
                                RefusedPhase.AMBIGUOUS,
                                true,
                                FailureType.AMBIGUOUS_OUTCOME,
                                reply,
                                null,
                                sends);
            }
        };
    }

    private Outcome attempt(
            Admission.Send send, DeliveryRequest delivery, Route route, AttemptRef attempt, long openedAt) {
        try (LedgerTransmission transmission = new LedgerTransmission(
                ledger, attempt, watchdog, delivery.policy().attemptDeadline(), openedAt)) {
            try {
                Outcome outcome = route.channel()
                        .send(
                                new Delivery(
                                        delivery.id(),
                                        attempt.key(),
                                        delivery.tenant(),
                                        delivery.eventType(),
                                        send.recipient(),
                                        send.payload(),
                                        send.headers(),
                                        route.provider()),
                                transmission);
                return transmission.ledgerAway()
                        ? new Outcome.Transient(
                                FailureType.OUTBOX_UNAVAILABLE, "nothing was sent: the ledger was away", null, false)
                        : outcome;
            } catch (RuntimeException fault) {
                log.error("Sending row {} ended in a fault", delivery.id(), fault);
                String what =
                        "a fault of Tempost, see its log: " + fault.getClass().getSimpleName();
                return transmission.begun()
                        ? new Outcome.Ambiguous(what)
                        : new Outcome.Transient(FailureType.INTERNAL_ERROR, what, null, true);
            }
        }
    }

    private SendResult delivered(DeliveryRequest delivery, Route route, AttemptRef attempt, Outcome.Accepted accepted) {
        String delivered = RowStatus.DELIVERED.column();
        try {
            Duration lag = ledger.accepted(attempt, route.provider(), accepted.reply(), accepted.providerMessageId());
            ended(delivery, delivered, lag);
            return new SendResult(delivered, null, null);
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} was accepted, but the row could not be told yet. {}", delivery.id(), e.getMessage());
            ended(delivery, delivered, null);
            return new SendResult(
                    delivered,
                    null,
                    new Receipt(attempt.attempt(), route.provider(), accepted.reply(), accepted.providerMessageId()));
        }
    }

    private ApplicationFailure again(
            DeliveryRequest delivery,
            Route route,
            AttemptRef attempt,
            Admission.Send send,
            RefusedPhase phase,
            boolean reached,
            String type,
            String reply,
            @Nullable Duration retryAfter,
            int sends) {
        DeliveryPolicy policy = delivery.policy();
        int counted = send.reached() + (reached ? 1 : 0);
        if (reached && policy.maxAttempts() > 0 && counted >= policy.maxAttempts()) {
            String gaveUp = "gave up after " + counted + (counted == 1 ? " attempt: " : " attempts: ") + reply;
            return refused(delivery, route, attempt, phase, true, type, gaveUp, null);
        }
        Duration wait = retryAfter == null ? policy.waitAfter(sends) : retryAfter;
        return refused(delivery, route, attempt, phase, reached, type, reply, wait);
    }

    /** Records a refusal, and returns what the workflow shall be told: a retryable failure when there is a next attempt. */
    private ApplicationFailure refused(
            DeliveryRequest delivery,
            Route route,
            AttemptRef attempt,
            RefusedPhase phase,
            boolean reached,
            String type,
            String reply,
            @Nullable Duration retryIn) {
        try {
            ledger.refused(attempt, route.provider(), phase, reached, type, reply, retryIn);
        } catch (OutboxUnavailableException e) {
            log.warn("Row {}: {} could not be recorded. {}", delivery.id(), type, e.getMessage());
        }
        ended(
                delivery,
                phase == RefusedPhase.AMBIGUOUS ? "ambiguous" : retryIn == null ? "rejected" : "transient",
                null);
        return retryIn == null ? nonRetryable(type, reply) : retryable(type, reply, retryIn);
    }

    private void ended(DeliveryRequest delivery, String outcome, @Nullable Duration lag) {
        listener.came(new SendEvent(delivery.id(), delivery.tenant(), delivery.eventType(), outcome, lag));
    }

    private static ApplicationFailure pacedElsewhere(String provider, String queue) {
        return withoutStackTrace(ApplicationFailure.newBuilder()
                .setType(FailureType.PACED_ELSEWHERE)
                .setMessage(
                        "nothing was sent: the rate limit of provider " + provider + " applies to task queue " + queue)
                .setNonRetryable(true)
                .setDetails(queue)
                .build());
    }

    private static ApplicationFailure retryable(String type, String message, @Nullable Duration retryAfter) {
        ApplicationFailure.Builder failure =
                ApplicationFailure.newBuilder().setType(type).setMessage(message);
        if (retryAfter != null) {
            failure.setNextRetryDelay(retryAfter);
        }
        return withoutStackTrace(failure.build());
    }

    private static ApplicationFailure nonRetryable(String type, String message) {
        return withoutStackTrace(ApplicationFailure.newBuilder()
                .setType(type)
                .setMessage(message)
                .setNonRetryable(true)
                .build());
    }

    /** Where a refusal was noticed in our code tells an operator nothing, and every history would carry it. */
    private static ApplicationFailure withoutStackTrace(ApplicationFailure failure) {
        failure.setStackTrace(new StackTraceElement[0]);
        return failure;
    }

    /** Stops the watchdog; call it once no send is under way any more. */
    @Override
    public void close() {
        watchdog.close();
    }
}
