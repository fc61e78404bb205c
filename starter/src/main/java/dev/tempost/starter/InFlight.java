package dev.tempost.starter;

import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.FixedLimit;
import com.netflix.concurrency.limits.limit.VegasLimit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/** The rows this replica has claimed whose first attempt has not ended yet, as far as it knows, and how many there may be. */
final class InFlight {

    // what keeps two processors busy
    private static final int ENOUGH_FOR_A_START = 10;
    private static final int SHORT_QUEUE = 3;
    private static final int LONG_QUEUE = 6;
    // the wait of a row that finds nothing in its way hardly changes: it is measured anew seldom
    private static final int BETWEEN_BASELINES = 10_000;

    private final Limit limit;
    private final int least;
    private final Map<Long, Long> claimedAt = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    private InFlight(Limit limit, int least, LongSupplier nanoTime) {
        this.limit = limit;
        this.least = least;
        this.nanoTime = nanoTime;
    }

    /** As many as that, always. */
    static InFlight fixed(int capacity) {
        return new InFlight(FixedLimit.of(capacity), capacity, System::nanoTime);
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

    void add(long id) {
        claimedAt.put(id, nanoTime.getAsLong());
    }

    /** A row's attempt begins now: how long that took tells whether there is a queue. */
    void begun(long id) {
        Long since = claimedAt.get(id);
        if (since != null) {
            long now = nanoTime.getAsLong();
            limit.onSample(since, Math.max(1, now - since), claimedAt.size(), false);
        }
    }

    boolean remove(long id) {
        return claimedAt.remove(id) != null;
    }

    int size() {
        return claimedAt.size();
    }

    int capacity() {
        return Math.max(least, limit.getLimit());
    }

    int free() {
        return capacity() - claimedAt.size();
    }

    /** A claim costs a round trip whatever it brings: under load it waits until it is worth one. */
    boolean worthAClaim() {
        return claimedAt.isEmpty() || free() >= Math.max(1, capacity() / 3);
    }

    long[] ids() {
        return claimedAt.keySet().stream().mapToLong(Long::longValue).toArray();
    }
}
