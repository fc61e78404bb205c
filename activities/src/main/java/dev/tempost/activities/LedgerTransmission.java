package dev.tempost.activities;

import dev.tempost.activities.channel.Transmission;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import java.time.Duration;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One open attempt: gives signs of life, asks the ledger before the point of no return, and hangs up at the deadline. */
final class LedgerTransmission implements Transmission, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LedgerTransmission.class);
    // a process that dies while it connects holds its row no longer than this
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);
    private static final Duration LONGEST_RESERVE = Duration.ofSeconds(5);

    private final AttemptLedger ledger;
    private final AttemptRef attempt;
    private final Watchdog watchdog;
    private final Room room;
    private final Duration deadline;
    private final long openedAt;
    private final Future<?> signsOfLife;
    private @Nullable Future<?> hangUp;
    private volatile boolean begun;
    private boolean ledgerAway;

    /**
     * @param room what the message has of this process
     * @param openedAt {@link System#nanoTime} from before the attempt was opened, so that our deadline is the earlier one
     */
    LedgerTransmission(
            AttemptLedger ledger, AttemptRef attempt, Watchdog watchdog, Room room, Duration deadline, long openedAt) {
        this.ledger = ledger;
        this.attempt = attempt;
        this.watchdog = watchdog;
        this.room = room;
        this.deadline = deadline;
        this.openedAt = openedAt;
        this.signsOfLife = watchdog.every(SIGN_OF_LIFE, this::alive);
    }

    /** How long an attempt that connects is taken for alive after its last sign of life. */
    static Duration patience(Duration deadline) {
        return deadline.compareTo(TIMEOUT) < 0 ? deadline : TIMEOUT;
    }

    private void alive() {
        try {
            if (!begun) {
                ledger.alive(attempt, patience(deadline), deadline);
            }
        } catch (OutboxUnavailableException e) {
            log.debug("Row {}: the ledger could not take the sign of life of its attempt", attempt.id(), e);
        }
    }

    @Override
    public boolean reserve(long bytes) {
        // half of what is left: the rest is for the message
        return room.enlarge(bytes, left().dividedBy(2));
    }

    private Duration reserve() {
        Duration quarter = deadline.dividedBy(4);
        return quarter.compareTo(LONGEST_RESERVE) < 0 ? quarter : LONGEST_RESERVE;
    }

    @Override
    public void announce() {
        ledger.announce(attempt, deadline, reserve());
    }

    @Override
    public boolean begin() {
        try {
            // what was announced may have been written long ago
            begun = ledger.transmitting(attempt, deadline, reserve()) && left().compareTo(reserve()) > 0;
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} is not transmitted: the ledger could not be asked. {}", attempt.id(), e.getMessage());
            ledgerAway = true;
        }
        return begun;
    }

    @Override
    public void closeAtDeadline(AutoCloseable connection) {
        if (hangUp != null) {
            hangUp.cancel(false);
        }
        hangUp = watchdog.closeAfter(left(), connection);
    }

    private Duration left() {
        return deadline.minusNanos(System.nanoTime() - openedAt);
    }

    boolean begun() {
        return begun;
    }

    boolean ledgerAway() {
        return ledgerAway;
    }

    @Override
    public void close() {
        signsOfLife.cancel(false);
        if (hangUp != null) {
            hangUp.cancel(false);
        }
    }
}
