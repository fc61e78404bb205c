package dev.tempost.starter;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import dev.tempost.outbox.Claims;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The rows this replica has claimed whose first attempt has not ended yet, as far as it knows, and how many there may be. */
final class InFlight {

    // what keeps two processors busy
    private static final int ENOUGH_FOR_A_START = 7;
    private static final int SHORT_QUEUE = 3;
    private static final int LONG_QUEUE = 6;
    // the wait of a row that finds nothing in its way hardly changes: it is measured anew seldom
    private static final int BETWEEN_BASELINES = 10_000;

    // an urgent row that takes longer waits for its mail server, not for a processor
    private static final Duration HEADSTART = Duration.ofSeconds(1);

    private final Limit limit;
    private final int least;
    private final Map<Long, Flight> flights = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    private InFlight(Limit limit, int least, LongSupplier nanoTime) {
        this.limit = limit;
        this.least = least;
        this.nanoTime = nanoTime;
    }

    /** As many as that, always. */
    static InFlight fixed(int capacity, LongSupplier nanoTime) {
        return new InFlight(FixedLimit.of(capacity), capacity, nanoTime);
    }

    /** As many as do not wait for each other in Temporal: told by the time from a row's claim to the beginning of its attempt. */
    static InFlight adaptive(int capacity, LongSupplier nanoTime) {
        int least = Math.min(capacity, ENOUGH_FOR_A_START);
        return new InFlight(
                VegasLimit.newBuilder()
                        .initialLimit(least)
                        .maxConcurrency(capacity)
                        .alpha(SHORT_QUEUE)
                        .beta(LONG_QUEUE)
                        .smoothing(0.2)
                        .probeMultiplier(BETWEEN_BASELINES)
                        .build(),
                least,
                nanoTime);
    }

    private record Flight(long claimedAt, boolean urgent) {}

    void add(long id, int priority) {
        flights.put(id, new Flight(nanoTime.getAsLong(), priority == Claims.URGENT));
    }

    /** A row's attempt begins now: how long that took tells whether there is a queue. */
    void begun(long id) {
        Flight flight = flights.get(id);
        if (flight != null) {
            long waited = nanoTime.getAsLong() - flight.claimedAt;
            limit.onSample(flight.claimedAt, Math.max(1, waited), flights.size(), false);
        }
    }

    boolean remove(long id) {
        return flights.remove(id) != null;
    }

    int size() {
        return flights.size();
    }

    int capacity() {
        return Math.max(least, limit.getLimit());
    }

    /**
     * How many rows of any priority a claim may take. A claim costs a round trip whatever it brings: under load it waits until it
     * is worth one, and there is no room before. While an urgent row is on its way, all others have a third of the places, so that
     * it need not share the processors with many.
     */
    int room() {
        long now = nanoTime.getAsLong();
        int urgent = 0;
        boolean ahead = false;
        for (Flight flight : flights.values()) {
            if (flight.urgent) {
                urgent++;
                ahead |= now - flight.claimedAt < HEADSTART.toNanos();
            }
        }
        int size = flights.size();
        int capacity = capacity();
        int places = ahead ? Math.min(capacity, third(capacity) + urgent) : capacity;
        int free = places - size;
        return size == 0 || free >= third(places) ? free : 0;
    }

    /** Urgent rows need not wait for room: a third more than all may have is theirs. */
    int roomForUrgent() {
        int capacity = capacity();
        return Math.max(0, capacity + third(capacity) - flights.size());
    }

    private static int third(int places) {
        return Math.max(1, places / 3);
    }

    long[] ids() {
        return flights.keySet().stream().mapToLong(Long::longValue).toArray();
    }
}
