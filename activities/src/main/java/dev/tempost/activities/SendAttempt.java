package dev.tempost.activities;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.DeliveryPolicy;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.Receipt;
import dev.tempost.workflows.SendResult;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt that the gate has admitted: has it transmitted, records what came of it, and says what follows. */
final class SendAttempt {

    /**
     * What every attempt of this process needs.
     *
     * @param refusals where what was not accepted is recorded
     */
    record Collaborators(
            AttemptLedger ledger,
            UnrecordedRefusals refusals,
            Breaker breaker,
            SendListener listener,
            Watchdog watchdog) {

        /** @param lag how long the row took to its acceptance; null for everything else */
        void tell(DeliveryRequest delivery, String outcome, @Nullable Duration lag) {
            listener.onOutcome(new SendEvent(delivery.id(), delivery.tenant(), delivery.eventType(), outcome, lag));
        }
    }

    private static final Logger log = LoggerFactory.getLogger(SendAttempt.class);

    private final Collaborators with;
    private final DeliveryRequest delivery;
    private final Route route;
    private final Admission.Send admitted;
    private final AttemptRef attempt;
    private final Room room;

    /** @param room what the message has of this process */
    SendAttempt(
            Collaborators with,
            DeliveryRequest delivery,
            Route route,
            Admission.Send admitted,
            AttemptRef attempt,
            Room room) {
        this.with = with;
        this.delivery = delivery;
        this.route = route;
        this.admitted = admitted;
        this.attempt = attempt;
        this.room = room;
    }

    /** @param openedAt {@link System#nanoTime} from before the attempt was opened */
    SendResult make(long openedAt) {
        Outcome outcome = new ChannelSend(with, delivery, route, admitted, attempt, room).transmit(openedAt);
        // the next message has it while this one is recorded
        room.close();
        with.breaker().record(route.provider(), delivery.id(), outcome);
        return switch (outcome) {
            case Outcome.Accepted accepted -> accepted(accepted);
            case Outcome.Permanent(String type, String reply, boolean reached) ->
                throw reject(RefusedPhase.REJECTED, reached, type, reply);
            case Outcome.Transient(Fault fault, String type, String reply, Duration asked, boolean reached) ->
                throw reached
                        ? retryUnlessExhausted(RefusedPhase.TRANSIENT, type, reply, asked)
                        : retry(
                                RefusedPhase.TRANSIENT,
                                false,
                                type,
                                reply,
                                asked == null ? waitThatNoMessageCaused(fault) : asked);
            case Outcome.Throttled(String reply, Duration asked) ->
                throw retry(
                        RefusedPhase.TRANSIENT,
                        false,
                        FailureType.THROTTLED,
                        reply,
                        asked == null ? Failures.soon(Duration.ofMinutes(1), Duration.ofMinutes(2)) : asked);
            case Outcome.ChannelDown(String type, String reply) ->
                throw retry(
                        RefusedPhase.TRANSIENT,
                        false,
                        type,
                        reply,
                        Failures.soon(Duration.ofSeconds(5), Duration.ofSeconds(10)));
            case Outcome.Ambiguous(String reply) -> {
                log.warn("Row {} may have been accepted by {}: {}", delivery.id(), route.provider(), reply);
                throw delivery.policy().parkWhenAmbiguous()
                        ? reject(RefusedPhase.AMBIGUOUS, true, FailureType.AMBIGUOUS_OUTCOME, reply)
                        : retryUnlessExhausted(RefusedPhase.AMBIGUOUS, FailureType.AMBIGUOUS_OUTCOME, reply, null);
            }
        };
    }

    private SendResult accepted(Outcome.Accepted accepted) {
        DeliveryOutcome delivered = DeliveryOutcome.DELIVERED;
        try {
            Duration lag =
                    with.ledger().accepted(attempt, route.provider(), accepted.reply(), accepted.providerMessageId());
            tell(delivered.column(), lag);
            return new SendResult(delivered, null);
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} was accepted, but the row could not be marked yet. {}", delivery.id(), e.getMessage());
            tell(delivered.column(), null);
            return new SendResult(
                    delivered,
                    new Receipt(attempt.attempt(), route.provider(), accepted.reply(), accepted.providerMessageId()));
        }
    }

    /** An attempt that counts. The wait grows with those that counted before, and with nothing else. */
    private ApplicationFailure retryUnlessExhausted(
            RefusedPhase phase, String type, String reply, @Nullable Duration asked) {
        DeliveryPolicy policy = delivery.policy();
        int counted = admitted.reached() + 1;
        if (policy.maxAttempts() > 0 && counted >= policy.maxAttempts()) {
            String gaveUp = "gave up after " + counted + (counted == 1 ? " attempt: " : " attempts: ") + reply;
            return reject(phase, true, type, gaveUp);
        }
        return retry(phase, true, type, reply, asked == null ? policy.waitAfter(counted) : asked);
    }

    private Duration waitThatNoMessageCaused(Fault fault) {
        return fault == Fault.OURS
                ? Failures.soon(Duration.ofSeconds(2), Duration.ofSeconds(5))
                : delivery.policy().waitAfter(admitted.reached());
    }

    private ApplicationFailure retry(RefusedPhase phase, boolean reached, String type, String reply, Duration retryIn) {
        Duration due = record(phase, reached, type, reply, retryIn);
        tell(phase == RefusedPhase.AMBIGUOUS ? "ambiguous" : "transient", null);
        return Failures.retryable(type, reply, due);
    }

    private ApplicationFailure reject(RefusedPhase phase, boolean reached, String type, String reply) {
        record(phase, reached, type, reply, null);
        tell(phase == RefusedPhase.AMBIGUOUS ? "ambiguous" : "rejected", null);
        return Failures.nonRetryable(type, reply);
    }

    private @Nullable Duration record(
            RefusedPhase phase, boolean reached, String type, String reply, @Nullable Duration retryIn) {
        return with.refusals()
                .record(new UnrecordedRefusals.Refusal(
                        attempt, route.provider(), phase, reached, type, reply, retryIn));
    }

    private void tell(String outcome, @Nullable Duration lag) {
        with.tell(delivery, outcome, lag);
    }
}
