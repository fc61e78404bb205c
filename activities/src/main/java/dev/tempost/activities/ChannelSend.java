package dev.tempost.activities;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.workflows.DeliveryRequest;
import dev.tempost.workflows.FailureType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands a message to its channel, once. Whatever goes wrong there becomes an outcome: perhaps sent, once transmission began. */
record ChannelSend(
        SendAttempt.Collaborators with,
        DeliveryRequest delivery,
        Route route,
        Admission.Send admitted,
        AttemptRef attempt,
        Room room) {

    private static final Logger log = LoggerFactory.getLogger(ChannelSend.class);

    /** @param openedAt {@link System#nanoTime} from before the attempt was opened */
    Outcome transmit(long openedAt) {
        try (LedgerTransmission transmission = new LedgerTransmission(
                with.ledger(), attempt, with.watchdog(), room, delivery.policy().attemptDeadline(), openedAt)) {
            try {
                Outcome outcome = route.channel().send(message(), transmission);
                return transmission.ledgerAway()
                        ? new Outcome.Transient(
                                Fault.OURS,
                                FailureType.OUTBOX_UNAVAILABLE,
                                "nothing was sent: the ledger was away",
                                Failures.untilPostgresqlMayBeBack(),
                                false)
                        : outcome;
            } catch (RuntimeException fault) {
                log.error("Sending row {} ended in a fault", delivery.id(), fault);
                String what =
                        "a fault of Tempost, see its log: " + fault.getClass().getSimpleName();
                return transmission.begun()
                        ? new Outcome.Ambiguous(what)
                        : new Outcome.Transient(Fault.OURS, FailureType.INTERNAL_ERROR, what, null, true);
            }
        }
    }

    private OutgoingMessage message() {
        return new OutgoingMessage(
                delivery.id(),
                attempt.key(),
                delivery.tenant(),
                delivery.eventType(),
                admitted.recipient(),
                admitted.payload(),
                admitted.headers(),
                route.provider());
    }
}
