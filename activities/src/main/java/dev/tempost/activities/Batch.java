package dev.tempost.activities;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.AttemptLedger;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.BatchLedger;
import dev.tempost.workflows.BatchProgress;
import dev.tempost.workflows.BatchRequest;
import dev.tempost.workflows.BatchRequest.CarriedRow;
import dev.tempost.workflows.DeliveryOutcome;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.Receipt;
import dev.tempost.workflows.SendRequest;
import dev.tempost.workflows.SendResult;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of one batch while an activity sends them: who is next, what came of each, and what could not be written yet. */
final class Batch {

    private static final Logger log = LoggerFactory.getLogger(Batch.class);
    // behind a server that takes longer, attempts that are opened ahead would wait for long
    private static final Duration PROMPT = Duration.ofSeconds(1);

    /** A row that the gate was asked about, and the memory that its payload takes. */
    private record Ahead(CarriedRow row, Memory.Share memory) {}

    private final BatchRequest request;
    private final Route route;
    private final Gate.Run run;
    private final Sending sending;
    private final GroupedLedger ledger;
    private final Memory memory;
    private final SendListener listener;
    private final Queue<CarriedRow> waiting;
    private final BlockingQueue<Optional<Ahead>> ahead;
    private final ConcurrentMap<Long, CarriedRow> unfinished = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Integer> outcomes = new ConcurrentHashMap<>();
    private final ConcurrentMap<Long, Receipt> unrecorded = new ConcurrentHashMap<>();
    private final Lock asking = new ReentrantLock();
    private volatile boolean stopped;
    private volatile boolean prompt = true;

    /**
     * @param sending sends one of its rows, by the same ledger
     * @param memory what messages may take up
     * @param listener told of rows whose turn is over
     */
    Batch(
            BatchRequest request,
            Route route,
            Gate.Run run,
            Sending sending,
            GroupedLedger ledger,
            Memory memory,
            SendListener listener) {
        this.request = request;
        this.route = route;
        this.run = run;
        this.sending = sending;
        this.ledger = ledger;
        this.memory = memory;
        this.listener = listener;
        this.waiting = new ArrayDeque<>(request.rows());
        this.ahead = new ArrayBlockingQueue<>(route.places().size());
        request.rows().forEach(row -> unfinished.put(row.id(), row));
    }

    /** Takes no more rows. */
    void stop() {
        stopped = true;
    }

    /** Sends all rows, several at a time; returns when none is being sent any more. */
    void send() throws InterruptedException {
        // half of them while the others wait for what they sent to be recorded
        int senders = Math.min(request.rows().size(), 2 * route.places().size());
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("tempost-batch-send-", 0).factory())) {
            boolean told = false;
            try {
                for (int i = 0; i < senders; i++) {
                    threads.execute(this::sendUntilTheEnd);
                }
                openAll();
                for (int i = 0; i < senders; i++) {
                    ahead.put(Optional.empty());
                }
                told = true;
            } finally {
                if (!told) {
                    // they would wait for the next row for ever
                    threads.shutdownNow();
                }
            }
        }
    }

    private void openAll() throws InterruptedException {
        try {
            while (!stopped && !waiting.isEmpty()) {
                // behind a server that takes long, an attempt that is opened ahead would only wait
                for (Ahead next : openAhead(prompt ? route.places().size() : 1)) {
                    ahead.put(Optional.of(next));
                }
            }
        } catch (OutboxUnavailableException e) {
            log.debug("The gate cannot be asked: the rest of a batch goes back", e);
        }
    }

    private void sendUntilTheEnd() {
        try {
            for (Ahead next = ahead.take().orElse(null);
                    next != null;
                    next = ahead.take().orElse(null)) {
                long begunAt = System.nanoTime();
                send(next);
                prompt = System.nanoTime() - begunAt < PROMPT.toNanos();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(Ahead next) {
        CarriedRow row = next.row();
        try {
            DeliveryOutcome outcome = outcome(row);
            if (outcome != null) {
                count(outcome, 1);
                unfinished.remove(row.id());
            }
        } catch (OutboxUnavailableException e) {
            log.debug("Row {} is still the batch's", row.id(), e);
        } catch (RuntimeException fault) {
            log.error("Row {} is still the batch's: its send ended in a fault", row.id(), fault);
        } finally {
            next.memory().close();
            listener.onEnded(row.id());
        }
    }

    /** Asks the gate about the next rows, as far as there is memory for their messages. */
    private List<Ahead> openAhead(int most) throws OutboxUnavailableException {
        List<Ahead> opened = new ArrayList<>();
        while (opened.size() < most && !waiting.isEmpty()) {
            Memory.Share share =
                    memory.takeForPayload(opened.isEmpty() ? Sending.LONGEST_WAIT_FOR_A_PLACE : Duration.ZERO);
            if (share == null) {
                break;
            }
            opened.add(new Ahead(waiting.remove(), share));
        }
        asking.lock();
        try {
            if (!opened.isEmpty()) {
                Map<Long, Integer> sizes = ledger.openAhead(opened.stream()
                        .map(next -> new BatchLedger.Opening(
                                next.row().id(),
                                route.channel()
                                        .messageId(UUID.fromString(next.row().key()), route.provider())))
                        .toList());
                opened.forEach(
                        next -> next.memory().keep(sizes.getOrDefault(next.row().id(), 0)));
            }
            return opened;
        } catch (OutboxUnavailableException e) {
            opened.forEach(next -> next.memory().close());
            throw e;
        } finally {
            asking.unlock();
        }
    }

    /** What a row came to; null where somebody held it, or PostgreSQL could not be asked: it is still the batch's. */
    private @Nullable DeliveryOutcome outcome(CarriedRow row) throws OutboxUnavailableException {
        try {
            SendResult result = sending.send(SendRequest.once(request.delivery(row), false), route, run);
            Receipt receipt = result.unrecorded();
            if (receipt != null) {
                unrecorded.put(row.id(), receipt);
            }
            return result.outcome();
        } catch (ApplicationFailure failure) {
            return switch (failure.getType()) {
                case FailureType.CONNECTIONS_BUSY, FailureType.MEMORY_BUSY -> {
                    ledger.giveUp(
                            attempt(row, BatchLedger.ATTEMPT),
                            route.provider(),
                            failure.getType(),
                            failure.getOriginalMessage());
                    yield DeliveryOutcome.PENDING;
                }
                case FailureType.OUTBOX_UNAVAILABLE -> null;
                case FailureType.ROW_MISSING -> DeliveryOutcome.MISSING;
                default -> failure.isNonRetryable() ? DeliveryOutcome.FAILED : DeliveryOutcome.PENDING;
            };
        }
    }

    private AttemptRef attempt(CarriedRow row, int number) {
        return new AttemptRef(row.id(), UUID.fromString(row.key()), number, run.workflowId(), run.runId());
    }

    /** Rows that were not begun, and those that are being sent. */
    List<Long> unfinished() {
        return List.copyOf(unfinished.keySet());
    }

    /** Keeps the gate from taking attempts that wait for dead. */
    void stayAlive() throws OutboxUnavailableException {
        ledger.waitingAreAlive(request.policy().attemptDeadline());
    }

    /** Keeps other replicas from asking what became of its rows. */
    void renew(BatchLedger rows, Duration lease) throws OutboxUnavailableException {
        // the gate would pass over the rows that this holds
        asking.lock();
        try {
            rows.renew(unfinished(), lease);
        } finally {
            asking.unlock();
        }
    }

    /** Writes what could not be written before. */
    void recordUnrecorded(AttemptLedger single) throws OutboxUnavailableException {
        for (CarriedRow row : request.rows()) {
            Receipt receipt = unrecorded.get(row.id());
            if (receipt != null) {
                single.accepted(
                        attempt(row, receipt.attempt()),
                        receipt.provider(),
                        receipt.reply(),
                        receipt.providerMessageId());
                unrecorded.remove(row.id());
            }
        }
    }

    /** Goes on where an attempt left off whose process stopped or died. */
    void goOnFrom(BatchProgress before) {
        outcomes.putAll(before.outcomes());
        unrecorded.putAll(before.unrecorded());
    }

    /** How far it has come. */
    BatchProgress progress() {
        return new BatchProgress(request.rows().size(), new TreeMap<>(outcomes), Map.copyOf(unrecorded));
    }

    /** So many rows came to an outcome. */
    void count(DeliveryOutcome outcome, int rows) {
        if (rows > 0) {
            outcomes.merge(outcome.column(), rows, Integer::sum);
        }
    }
}
