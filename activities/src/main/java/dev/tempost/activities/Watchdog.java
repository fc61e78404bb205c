package dev.tempost.activities;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the time of attempts: says now and then that they live, and closes what is still open at their deadline, since a
 * timed-out activity's thread would go on otherwise.
 */
final class Watchdog implements AutoCloseable {

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("tempost-watchdog").factory());

    Watchdog() {
        timer.setRemoveOnCancelPolicy(true);
    }

    Future<?> closeAfter(Duration patience, AutoCloseable connection) {
        return timer.schedule(
                () -> {
                    connection.close();
                    return null;
                },
                Math.max(0, patience.toNanos()),
                TimeUnit.NANOSECONDS);
    }

    /** Does something again and again, each time on a thread of its own, until the result is cancelled. */
    Future<?> every(Duration pause, Runnable task) {
        return timer.scheduleWithFixedDelay(
                () -> Thread.ofVirtual().start(task), pause.toNanos(), pause.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
