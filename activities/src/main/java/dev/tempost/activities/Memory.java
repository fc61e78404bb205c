package dev.tempost.activities;

import dev.tempost.activities.channel.Transmission;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the payloads, the rendered and the sent messages of this process may take up at the same time: a quarter of its heap. Whoever
 * sends has a share from before it asks the gate, which hands it the payload, until the provider has answered.
 *
 * <p>Nearly all messages make do with a {@linkplain Transmission#SMALL small} share, and half of the whole is for nobody else. One that
 * needs more waits in the line of those that do: never before a small one, and no longer than those that came before it. While it waits it
 * has nothing but its payload, for which there is a room of its own.
 */
public final class Memory {

    private static final int SHARE_OF_THE_HEAP = 4;
    private static final int UNIT = 1024;
    // a payload in the process: two bytes a character, and what the driver has not given back yet
    private static final int WAITING = 1 << 20;
    // the largest there is, in a byte a character
    private static final int PAYLOAD = 256 << 10;

    private final Line small;
    private final Line large;
    private final Line waiting;

    /** @param bytes how much there is */
    Memory(long bytes) {
        this.small = new Line(bytes / 2);
        this.large = new Line(bytes / 8 * 3);
        this.waiting = new Line(bytes / 8);
    }

    /** A quarter of what this JVM may use. */
    public static Memory ofHeap() {
        return new Memory(Runtime.getRuntime().maxMemory() / SHARE_OF_THE_HEAP);
    }

    /** Waits for a small share; null when there was none in time, or the thread was interrupted. */
    @Nullable
    Share take(Duration patience) {
        int units = small.units(Transmission.SMALL);
        return small.take(units, patience) ? new Share(units) : null;
    }

    /** The same for a payload that is not here yet, whatever its size; {@link Share#keep} what it turns out to need. */
    @Nullable
    Share takeForPayload(Duration patience) {
        int units = small.units(PAYLOAD);
        return small.take(units, patience) ? new Share(units) : null;
    }

    /** How many that need much wait for it. */
    int waiting() {
        return large.free.getQueueLength();
    }

    /** What one message has; closing it twice gives it back once. */
    final class Share implements AutoCloseable {

        private Line from = small;
        private int units;

        private Share(int units) {
            this.units = units;
        }

        /**
         * Gives back what it has and waits for that much instead; more than there is for large ones counts as all of it.
         *
         * @return false when there was not that much in time: the message has nothing then
         */
        boolean exchange(long bytes, Duration patience) {
            close();
            int kept = waiting.units(WAITING);
            if (!waiting.take(kept, Duration.ZERO)) {
                return false;
            }
            try {
                int wanted = large.units(bytes);
                if (!large.take(wanted, patience)) {
                    return false;
                }
                from = large;
                units = wanted;
                return true;
            } finally {
                waiting.giveBack(kept);
            }
        }

        /** Gives back what a payload of so many characters does not need; call it once. */
        void keep(int characters) {
            int needed = Math.min(units, from.units(characters) + 1);
            from.giveBack(units - needed);
            units = needed;
        }

        @Override
        public void close() {
            from.giveBack(units);
            units = 0;
        }
    }

    /** Served in the order of arrival. */
    private static final class Line {

        private final int all;
        private final Semaphore free;

        Line(long bytes) {
            this.all = Math.clamp(bytes / UNIT, 1, Integer.MAX_VALUE);
            this.free = new Semaphore(all, true);
        }

        int units(long bytes) {
            return (int) Math.min(all, bytes / UNIT);
        }

        boolean take(int units, Duration patience) {
            try {
                return free.tryAcquire(units, patience.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        void giveBack(int units) {
            free.release(units);
        }
    }
}
