package dev.tempost.activities;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The places from which this process sends through one provider: as many as it has connections. Whoever sends has one from before it
 * asks the gate until the provider has answered. Free
 * places go to the most urgent that wait, and among those to the one that came first. Of every sixteen one is kept for urgent
 * messages: behind a slow server they would wait for as long as a message takes.
 */
public final class Places {

    /** A place somebody has; closing it twice gives it back once. */
    public final class Place implements AutoCloseable {

        private boolean given = true;

        private Place() {}

        @Override
        public void close() {
            lock.lock();
            try {
                if (given) {
                    given = false;
                    giveBack();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private static final int URGENT = 1;
    private static final int ONE_IN = 16;

    private static final class Waiting {

        private final int priority;
        private final long arrival;
        private final Condition turn;
        private boolean admitted;

        private Waiting(int priority, long arrival, Condition turn) {
            this.priority = priority;
            this.arrival = arrival;
            this.turn = turn;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final PriorityQueue<Waiting> queue =
            new PriorityQueue<>(Comparator.<Waiting>comparingInt(waiting -> waiting.priority)
                    .thenComparingLong(waiting -> waiting.arrival));
    private final int all;
    private final int kept;
    private int free;
    private long arrivals;

    public Places(int places) {
        this.all = places;
        this.free = places;
        this.kept = keptForUrgent(places);
    }

    /** How many of so many places only urgent messages may take. */
    public static int keptForUrgent(int places) {
        return places / ONE_IN;
    }

    /**
     * Waits for a place.
     *
     * @param priority 1, the most urgent, to 5
     * @return null when there was none in time, or the thread was interrupted
     */
    @Nullable
    Place take(int priority, Duration patience) {
        lock.lock();
        try {
            if (open(priority)) {
                free--;
                return new Place();
            }
            return await(priority, patience.toNanos()) ? new Place() : null;
        } finally {
            lock.unlock();
        }
    }

    /** How many there are. */
    int size() {
        return all;
    }

    /** How many wait for a place. */
    int waiting() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    private boolean await(int priority, long patience) {
        Waiting waiting = new Waiting(priority, arrivals++, lock.newCondition());
        queue.add(waiting);
        long left = patience;
        try {
            while (!waiting.admitted && left > 0) {
                left = waiting.turn.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // a place that came at the last moment is taken: whoever gave it has counted it as taken
        if (!waiting.admitted) {
            queue.remove(waiting);
        }
        return waiting.admitted;
    }

    private boolean open(int priority) {
        return free > (priority == URGENT ? 0 : kept);
    }

    private void giveBack() {
        free++;
        Waiting next = queue.peek();
        if (next != null && open(next.priority)) {
            queue.remove();
            free--;
            next.admitted = true;
            next.turn.signal();
        }
    }
}
