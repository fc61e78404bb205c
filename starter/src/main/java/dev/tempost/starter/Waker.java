package dev.tempost.starter;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Rings while the poller waits; a ring that comes while it works is kept, once. */
final class Waker {

    private final Semaphore rings = new Semaphore(0);

    void ring() {
        if (rings.availablePermits() == 0) {
            rings.release();
        }
    }

    /** Waits for a ring; returns whether there was one. */
    boolean await(Duration patience) throws InterruptedException {
        boolean rung = rings.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        rings.drainPermits();
        return rung;
    }
}
