package dev.tempost.activities;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.RefusedPhase;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refusals that could not be written to the ledger, until they can: what was refused after the final dot would otherwise be
 * taken for perhaps sent. There are never more than attempts were open when PostgreSQL went away.
 */
final class UnrecordedRefusals {

    private static final Logger log = LoggerFactory.getLogger(UnrecordedRefusals.class);

    /**
     * How an attempt ended.
     *
     * @param reached whether it counts as an attempt
     * @param retryIn when the next attempt is due; null when there will be none
     */
    record Refusal(
            AttemptRef attempt,
            String provider,
            RefusedPhase phase,
            boolean reached,
            String type,
            String reply,
            @Nullable Duration retryIn) {}

    private final AttemptLedger ledger;
    private final Map<Long, Refusal> kept = new ConcurrentHashMap<>();

    UnrecordedRefusals(AttemptLedger ledger) {
        this.ledger = ledger;
    }

    /** Writes it now, or keeps it; returns when the next attempt is due, null when there will be none. */
    @Nullable
    Duration record(Refusal refusal) {
        try {
            return write(refusal);
        } catch (OutboxUnavailableException e) {
            log.warn(
                    "Row {}: {} could not be recorded yet. {}",
                    refusal.attempt().id(),
                    refusal.type(),
                    e.getMessage());
            kept.put(refusal.attempt().id(), refusal);
            return refusal.retryIn();
        }
    }

    /** Before the ledger is asked about a row, it learns what is known of it. */
    void recordKept(long id) throws OutboxUnavailableException {
        Refusal refusal = kept.get(id);
        if (refusal != null) {
            write(refusal);
            kept.remove(id, refusal);
        }
    }

    /** Its next step may be another process's. */
    void recordAllKept() throws OutboxUnavailableException {
        kept.keySet().forEach(this::recordKept);
    }

    private @Nullable Duration write(Refusal refusal) {
        return ledger.refused(
                refusal.attempt(),
                refusal.provider(),
                refusal.phase(),
                refusal.reached(),
                refusal.type(),
                refusal.reply(),
                refusal.retryIn());
    }
}
