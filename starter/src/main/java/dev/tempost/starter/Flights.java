package dev.tempost.starter;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.Stage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private final Limit limit;
    private final int least;
    private final Routing routing;
    private final Runnable whenThereIsRoom;
    private final LongSupplier nanoTime;
    private final Margins margins = new Margins();
    private final Map<Long, Flight> flights = new LinkedHashMap<>();
    private final Carried carried;

    /** @param least what the limit begins with */
    Flights(Limit limit, int least, Routing routing, Runnable whenThereIsRoom, LongSupplier nanoTime) {
        this.limit = limit;
        this.least = least;
        this.routing = routing;
        this.whenThereIsRoom = whenThereIsRoom;
        this.nanoTime = nanoTime;
        this.carried = new Carried(routing, margins, nanoTime);
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
        if (!beginCarried(id)) {
            change(() -> begin(flights.get(id)));
        }
    }

    /** Tells that a row's first attempt has ended, which makes room for another. Other rows are ignored. */
    public void onEnded(long id) {
        if (!endCarried(id)) {
            change(() -> end(id));
        }
    }

    /** How many there are. */
    public synchronized int size() {
        return flights.size();
    }

    synchronized void add(ClaimedRow row) {
        String provider = routing.provider(row.eventType());
        Occupancy now = occupancy();
        flights.putIfAbsent(
                row.id(),
                new Flight(
                        nanoTime.getAsLong(),
                        provider,
                        row.priority() == Claims.URGENT,
                        now.of(provider) >= now.connections(provider)));
        notifyAll();
    }

    /** Takes note of rows that share a workflow. They wait for a place at their provider as all do, and for nothing else. */
    synchronized void addBatch(List<ClaimedRow> batch) {
        carried.add(batch);
        notifyAll();
    }

    private synchronized boolean beginCarried(long id) {
        Flight flight = carried.rows().get(id);
        if (flight == null) {
            return false;
        }
        if (!flight.sending()) {
            flight.begin(nanoTime.getAsLong());
        }
        return true;
    }

    private boolean endCarried(long id) {
        boolean more;
        synchronized (this) {
            if (!carried.rows().containsKey(id)) {
                return false;
            }
            more = carried.end(id);
        }
        if (more) {
            whenThereIsRoom.run();
        }
        return true;
    }

    synchronized boolean sending(long id) {
        Flight flight = flights.getOrDefault(id, carried.rows().get(id));
        return flight != null && flight.sending();
    }

    /** Waits for a flight. */
    synchronized void await() throws InterruptedException {
        while (flights.isEmpty() && carried.rows().isEmpty()) {
            wait();
        }
    }

    synchronized long[] ids() {
        return Stream.concat(flights.keySet().stream(), carried.rows().keySet().stream())
                .mapToLong(Long::longValue)
                .toArray();
    }

    /**
     * Takes over what the table said.
     *
     * @param lookedAt before it was asked: what was claimed later it did not mean
     */
    void seen(Map<Long, Stage> stages, long lookedAt) {
        stages.forEach((id, stage) -> {
            if (wasCarried(id, lookedAt)) {
                switch (stage) {
                    case WAITING -> {}
                    case SENDING -> beginCarried(id);
                    case ENDED -> endCarried(id);
                }
            }
        });
        change(() -> stages.forEach((id, stage) -> {
            Flight flight = flights.get(id);
            if (flight == null || flight.claimedAt() - lookedAt > 0) {
                return;
            }
            switch (stage) {
                case WAITING -> {}
                case SENDING -> begin(flight);
                case ENDED -> end(id);
            }
        }));
    }

    private synchronized boolean wasCarried(long id, long at) {
        Flight flight = carried.rows().get(id);
        return flight != null && flight.claimedAt() - at <= 0;
    }

    private void change(Runnable change) {
        boolean more;
        synchronized (this) {
            Room before = room();
            change.run();
            Room after = room();
            more = after.rows() > 0 && (before.rows() == 0 || !after.full().containsAll(before.full()));
        }
        if (more) {
            whenThereIsRoom.run();
        }
    }

    private void begin(@Nullable Flight flight) {
        if (flight == null || flight.sending()) {
            return;
        }
        long now = nanoTime.getAsLong();
        if (!flight.crowded()) {
            long waited = Math.max(1, now - flight.claimedAt());
            limit.onSample(flight.claimedAt(), waited, occupancy().waitingForTemporal(), false);
        }
        flight.begin(now);
    }

    private void end(long id) {
        Flight flight = flights.remove(id);
        if (flight != null && flight.sending()) {
            margins.sent(flight.provider(), nanoTime.getAsLong() - flight.begunAt());
        }
    }

    synchronized int capacity() {
        return Math.max(least, limit.getLimit());
    }

    /** How many wait for Temporal. */
    synchronized int waiting() {
        return occupancy().waitingForTemporal();
    }

    /** What a claim of any priority may take. */
    synchronized Room room() {
        return roomsLeft().any();
    }

    /** The same for claims one after another. */
    synchronized List<Room> rooms() {
        return roomsLeft().inTurn();
    }

    /** What claims of rows that share workflows may take, one after another. */
    synchronized List<Room> roomsForBatches() {
        return carried.rooms();
    }

    /** What a claim of urgent rows may take. */
    synchronized Room roomForUrgent() {
        return roomsLeft().urgent();
    }

    private Rooms roomsLeft() {
        return new Rooms(occupancy(), capacity(), margins);
    }

    private Occupancy occupancy() {
        return new Occupancy(routing.connections(), flights.values(), nanoTime.getAsLong());
    }
}
