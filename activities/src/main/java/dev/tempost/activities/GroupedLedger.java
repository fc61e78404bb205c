package dev.tempost.activities;

import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.BatchLedger;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.SuppressionReason;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The ledger for the rows of one batch, all of one policy: attempts are opened several at a time, and what its senders write at about
 * the same time one statement writes. What such a statement passes over, because somebody holds it, is written by itself.
 */
final class GroupedLedger implements AttemptLedger, AutoCloseable {

    // a connection waits for it
    private static final Duration BEFORE_THE_DOT = Duration.ofMillis(1);
    // nobody does
    private static final Duration AFTER_THE_REPLY = Duration.ofMillis(8);

    private static final Duration SOON = Duration.ofSeconds(1);

    private record Transmitting(AttemptRef attempt, Duration deadline, Duration reserve) {}

    private final BatchLedger batch;
    private final AttemptLedger single;
    private final Duration patience;
    private final Map<Long, Opened> opened = new ConcurrentHashMap<>();
    private final Map<Long, CompletableFuture<Boolean>> announced = new ConcurrentHashMap<>();
    private final GroupCommit<Transmitting, Boolean> transmissions;
    private final GroupCommit<BatchLedger.Acceptance, Optional<Duration>> acceptances;

    /**
     * @param batch writes for many
     * @param single writes for one
     * @param patience how long an attempt may be taken for alive after its last sign of life, before it transmits
     */
    GroupedLedger(BatchLedger batch, AttemptLedger single, Duration patience) {
        this.batch = batch;
        this.single = single;
        this.patience = patience;
        transmissions = new GroupCommit<>("tempost-batch-transmitting", BEFORE_THE_DOT, group -> {
            Transmitting first = group.getFirst();
            Set<Long> may = batch.transmitting(
                    group.stream().map(asked -> asked.attempt().id()).toList(), first.deadline(), first.reserve());
            return group.stream()
                    .map(asked -> may.contains(asked.attempt().id()))
                    .toList();
        });
        acceptances = new GroupCommit<>("tempost-batch-accepted", AFTER_THE_REPLY, group -> {
            Map<Long, Duration> lags = batch.accepted(group);
            return group.stream()
                    .map(acceptance -> Optional.ofNullable(lags.get(acceptance.id())))
                    .toList();
        });
    }

    /**
     * Asks the gate about several rows, before each asks by itself.
     *
     * @return by id, how many characters the payloads have that it handed out
     */
    Map<Long, Integer> openAhead(List<BatchLedger.Opening> openings) {
        long askedAt = System.nanoTime();
        Map<Long, Integer> sizes = new HashMap<>();
        batch.open(openings, patience).forEach((id, admission) -> {
            opened.put(id, new Opened(admission, false, askedAt));
            if (admission instanceof Admission.Send send) {
                sizes.put(id, send.payload().length() + send.headers().length());
            }
        });
        return sizes;
    }

    /** What was found out ahead. */
    @Override
    public Opened open(
            long id,
            UUID key,
            String runId,
            boolean reset,
            String provider,
            String messageId,
            Duration patience,
            boolean park,
            Set<SuppressionReason> suppressing) {
        Opened ahead = opened.remove(id);
        return ahead == null ? new Opened(new Admission.Missing(), false, 0) : ahead;
    }

    @Override
    public void alive(AttemptRef attempt, Duration patience, Duration longest) {
        single.alive(attempt, patience, longest);
    }

    /** Prolongs attempts that wait for their senders. */
    void waitingAreAlive(Duration longest) {
        if (!opened.isEmpty()) {
            batch.alive(List.copyOf(opened.keySet()), patience, longest);
        }
    }

    @Override
    public void announce(AttemptRef attempt, Duration deadline, Duration reserve) {
        announced.put(attempt.id(), transmissions.ask(new Transmitting(attempt, deadline, reserve)));
    }

    @Override
    public boolean transmitting(AttemptRef attempt, Duration deadline, Duration reserve) {
        CompletableFuture<Boolean> asked = announced.remove(attempt.id());
        return GroupCommit.await(
                        asked == null ? transmissions.ask(new Transmitting(attempt, deadline, reserve)) : asked)
                || single.transmitting(attempt, deadline, reserve);
    }

    @Override
    public @Nullable Duration accepted(
            AttemptRef attempt, String provider, String reply, @Nullable String providerMessageId) {
        return acceptances
                .write(new BatchLedger.Acceptance(attempt.id(), reply, providerMessageId))
                .orElseGet(() -> single.accepted(attempt, provider, reply, providerMessageId));
    }

    @Override
    public @Nullable Duration refused(
            AttemptRef attempt,
            String provider,
            RefusedPhase phase,
            boolean reached,
            String errorType,
            String reply,
            @Nullable Duration retryIn) {
        batch.refused(attempt, phase, reached, errorType, reply, retryIn);
        return retryIn;
    }

    /** Closes an attempt that was opened ahead and that nothing came of; another may be made soon. */
    void giveUp(AttemptRef attempt, String provider, String errorType, String why) {
        if (opened.remove(attempt.id()) instanceof Opened(Admission.Send admitted, var ambiguous, var askedAt)) {
            refused(attempt, provider, RefusedPhase.TRANSIENT, false, errorType, why, SOON);
        }
    }

    @Override
    public void close() {
        transmissions.close();
        acceptances.close();
    }
}
