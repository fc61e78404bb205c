package dev.tempost.activities;

import dev.tempost.activities.channel.Transmission;
import dev.tempost.outbox.AttemptRef;
import dev.tempost.outbox.Ledger;
import dev.tempost.outbox.OutboxUnavailableException;
import java.time.Duration;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One open attempt: asks the ledger before the point of no return, and hangs up at the deadline. */
final class LedgerTransmission implements Transmission, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LedgerTransmission.class);
    private static final Duration LONGEST_RESERVE = Duration.ofSeconds(5);

    private final Ledger ledger;
    private final AttemptRef attempt;
    private final Watchdog watchdog;
    private final Duration deadline;
    private final long openedAt;
    private @Nullable Future<?> hangUp;
    private boolean begun;
    private boolean ledgerAway;

    /**
     * @param openedAt {@link System#nanoTime} from before the attempt was opened, so that our deadline is the earlier one
     */
    LedgerTransmission(Ledger ledger, AttemptRef attempt, Watchdog watchdog, Duration deadline, long openedAt) {
        this.ledger = ledger;
        this.attempt = attempt;
        this.watchdog = watchdog;
        this.deadline = deadline;
        this.openedAt = openedAt;
    }

    @Override
    public boolean begin() {
        Duration quarter = deadline.dividedBy(4);
        try {
            begun = ledger.transmitting(attempt, quarter.compareTo(LONGEST_RESERVE) < 0 ? quarter : LONGEST_RESERVE);
        } catch (OutboxUnavailableException e) {
            log.warn("Row {} is not transmitted: the ledger could not be told. {}", attempt.id(), e.getMessage());
            ledgerAway = true;
        }
        return begun;
    }

    @Override
    public void closeAtDeadline(AutoCloseable connection) {
        if (hangUp != null) {
            hangUp.cancel(false);
        }
        hangUp = watchdog.closeAfter(deadline.minusNanos(System.nanoTime() - openedAt), connection);
    }

    boolean begun() {
        return begun;
    }

    boolean ledgerAway() {
        return ledgerAway;
    }

    @Override
    public void close() {
        if (hangUp != null) {
            hangUp.cancel(false);
        }
    }
}
