package dev.tempost.starter;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows.Stage;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows this replica has claimed whose first attempt has not ended yet, and how many more it may claim.
 *
 * <p>A flight waits for Temporal first, then it is sent. Those that wait for Temporal are bounded by a limit that follows how long
 * they wait; those of one provider, in both phases, by its connections and a few more, so that a place that becomes free is
 * taken at once. A slow mail server therefore fills its own places and nobody else's.
 *
 * <p>This is where a send that ended leads to the next claim. Whoever runs the attempts in the same process tells {@link #onBegun}
 * and {@link #onEnded}; {@link Sightings} sees in the table what attempts elsewhere come to.
 */
public final class Flights {

    // what keeps two processors busy
    private static final int ENOUGH_FOR_A_START = 7;
    private static final int SHORT_QUEUE = 3;
    private static final int LONG_QUEUE = 6;
    // the wait of a row that finds nothing in its way hardly changes: it is measured anew seldom
    private static final int BETWEEN_BASELINES = 10_000;

    // an urgent row that takes longer waits for its mail server, not for a processor
    private static final Duration HEADSTART = Duration.ofSeconds(1);

    /**
     * What the next claim may take.
     *
     * @param rows how many
     * @param full the providers of which it may take none
     */
    record Room(int rows, Set<String> full) {

        /** Whether some row may have to stay in the table. */
        boolean limited() {
            return rows == 0 || !full.isEmpty();
        }
    }

    private static final class Flight {
        private final long claimedAt;
        private final String provider;
        private final boolean urgent;
        // it has to wait for a send to end: its wait says nothing of Temporal
        private final boolean crowded;
        private boolean sending;
        private long begunAt;

        Flight(long claimedAt, String provider, boolean urgent, boolean crowded) {
            this.claimedAt = claimedAt;
            this.provider = provider;
            this.urgent = urgent;
            this.crowded = crowded;
        }
    }

    private static final class Count {
        private int all;
        private int sending;

        /** How many wait, and not for one of that many connections. */
        int waitingForTemporal(int connections) {
            return Math.max(0, Math.min(all, connections) - sending);
        }
    }

    private final Limit limit;
    private final int least;
    private final Routing routing;
    private final Runnable whenThereIsRoom;
    private final LongSupplier nanoTime;
    private final Margins margins = new Margins();
    private final Map<Long, Flight> flights = new LinkedHashMap<>();

    /** @param least what the limit begins with */
    Flights(Limit limit, int least, Routing routing, Runnable whenThereIsRoom, LongSupplier nanoTime) {
        this.limit = limit;
        this.least = least;
        this.routing = routing;
        this.whenThereIsRoom = whenThereIsRoom;
        this.nanoTime = nanoTime;
    }

    /** As many as do not wait for each other in Temporal: told by the time from a row's claim to the beginning of its attempt. */
    static Flights adaptive(int capacity, Routing routing, Runnable whenThereIsRoom, LongSupplier nanoTime) {
        int least = Math.min(capacity, ENOUGH_FOR_A_START);
        return new Flights(
                VegasLimit.newBuilder()
                        .initialLimit(least)
                        .maxConcurrency(capacity)
                        .alpha(SHORT_QUEUE)
                        .beta(LONG_QUEUE)
                        .smoothing(0.2)
                        .probeMultiplier(BETWEEN_BASELINES)
                        .build(),
                least,
                routing,
                whenThereIsRoom,
                nanoTime);
    }

    /** Tells that Temporal has handed a row to its attempt, which now has a place to send. Other rows are ignored. */
    public void onBegun(long id) {
        change(() -> begin(flights.get(id)));
    }

    /** Tells that a row's first attempt has ended, which makes room for another. Other rows are ignored. */
    public void onEnded(long id) {
        change(() -> end(id));
    }

    /** How many there are. */
    public synchronized int size() {
        return flights.size();
    }

    synchronized void add(ClaimedRow row) {
        String provider = routing.provider(row.eventType());
        Count count = counts().getOrDefault(provider, new Count());
        flights.putIfAbsent(
                row.id(),
                new Flight(
                        nanoTime.getAsLong(),
                        provider,
                        row.priority() == Claims.URGENT,
                        count.all >= connections(provider)));
        notifyAll();
    }

    synchronized boolean sending(long id) {
        Flight flight = flights.get(id);
        return flight != null && flight.sending;
    }

    /** Waits for a flight. */
    synchronized void await() throws InterruptedException {
        while (flights.isEmpty()) {
            wait();
        }
    }

    synchronized long[] ids() {
        return flights.keySet().stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Takes over what the table said.
     *
     * @param lookedAt before it was asked: what was claimed later it did not mean
     */
    void seen(Map<Long, Stage> stages, long lookedAt) {
        change(() -> stages.forEach((id, stage) -> {
            Flight flight = flights.get(id);
            if (flight == null || flight.claimedAt - lookedAt > 0) {
                return;
            }
            switch (stage) {
                case WAITING -> {}
                case SENDING -> begin(flight);
                case ENDED -> end(id);
            }
        }));
    }

    private void change(Runnable change) {
        boolean more;
        synchronized (this) {
            Room before = room();
            change.run();
            Room after = room();
            more = after.rows > 0 && (before.rows == 0 || !after.full.containsAll(before.full));
        }
        if (more) {
            whenThereIsRoom.run();
        }
    }

    private void begin(@Nullable Flight flight) {
        if (flight == null || flight.sending) {
            return;
        }
        flight.begunAt = nanoTime.getAsLong();
        if (!flight.crowded) {
            long waited = flight.begunAt - flight.claimedAt;
            limit.onSample(flight.claimedAt, Math.max(1, waited), waitingForTemporal(counts()), false);
        }
        flight.sending = true;
    }

    private void end(long id) {
        Flight flight = flights.remove(id);
        if (flight != null && flight.sending) {
            margins.sent(flight.provider, nanoTime.getAsLong() - flight.begunAt);
        }
    }

    synchronized int capacity() {
        return Math.max(least, limit.getLimit());
    }

    /** How many wait for Temporal. */
    synchronized int waiting() {
        return waitingForTemporal(counts());
    }

    /**
     * What a claim of any priority may take. It costs a round trip whatever it brings: under load it waits until it is worth one,
     * and there is no room before. While an urgent row is on its way, all others have a third of the places, so that it need not
     * share the processors with many.
     */
    synchronized Room room() {
        Map<String, Count> counts = counts();
        return room(rows(counts), free(counts, 0));
    }

    /**
     * The same for claims one after another: where some providers may take only few rows, one without them and one for them, so that
     * nobody's claims are small for the sake of others.
     */
    synchronized List<Room> rooms() {
        Map<String, Count> counts = counts();
        int rows = rows(counts);
        Map<String, Integer> narrow = free(counts, 0);
        Map<String, Integer> wide = new HashMap<>(narrow);
        narrow.replaceAll((provider, free) -> free < third(rows) ? free : 0);
        wide.replaceAll((provider, free) -> free < third(rows) ? 0 : free);
        return Stream.of(wide, narrow)
                .filter(part -> part.values().stream().anyMatch(free -> free > 0))
                .map(part -> room(rows, part))
                .toList();
    }

    /** What urgent rows may take: a third more of everything than all may have. */
    synchronized Room roomForUrgent() {
        Map<String, Count> counts = counts();
        int capacity = capacity();
        int rows = Math.max(0, capacity + third(capacity) - waitingForTemporal(counts));
        return room(rows, free(counts, 1));
    }

    private int rows(Map<String, Count> counts) {
        long now = nanoTime.getAsLong();
        int urgent = 0;
        boolean ahead = false;
        for (Flight flight : flights.values()) {
            if (flight.urgent) {
                urgent += flight.sending ? 0 : 1;
                ahead |= now - flight.claimedAt < HEADSTART.toNanos();
            }
        }
        int waiting = waitingForTemporal(counts);
        int capacity = capacity();
        int places = ahead ? Math.min(capacity, third(capacity) + urgent) : capacity;
        int free = places - waiting;
        return waiting == 0 || free >= third(places) ? Math.max(0, free) : 0;
    }

    /** By provider, how many more rows it may take; none where that is not worth a claim. */
    private Map<String, Integer> free(Map<String, Count> counts, int urgent) {
        Map<String, Integer> free = new HashMap<>();
        counts.forEach((provider, count) -> {
            int connections = connections(provider);
            int margin = margins.of(provider, connections);
            int rows = connections + margin + urgent * third(connections) - count.all;
            free.put(provider, rows < Math.max(1, margin / 2) ? 0 : rows);
        });
        return free;
    }

    /** A claim may bring rows of every provider that is not full, and of each as many as it takes. */
    private static Room room(int rows, Map<String, Integer> free) {
        int most = rows;
        Set<String> full = new HashSet<>();
        for (Map.Entry<String, Integer> provider : free.entrySet()) {
            if (provider.getValue() == 0) {
                full.add(provider.getKey());
            } else {
                most = Math.min(most, provider.getValue());
            }
        }
        return new Room(most, full);
    }

    /** By provider, all of them: a claim may bring rows of each. */
    private Map<String, Count> counts() {
        Map<String, Count> counts = new HashMap<>();
        routing.connections().keySet().forEach(provider -> counts.put(provider, new Count()));
        for (Flight flight : flights.values()) {
            Count count = counts.computeIfAbsent(flight.provider, provider -> new Count());
            count.all++;
            count.sending += flight.sending ? 1 : 0;
        }
        return counts;
    }

    private int waitingForTemporal(Map<String, Count> counts) {
        int waiting = 0;
        for (Map.Entry<String, Count> provider : counts.entrySet()) {
            waiting += provider.getValue().waitingForTemporal(connections(provider.getKey()));
        }
        return waiting;
    }

    private int connections(String provider) {
        return routing.connections().getOrDefault(provider, 1);
    }

    private static int third(int places) {
        return Math.max(1, places / 3);
    }
}
