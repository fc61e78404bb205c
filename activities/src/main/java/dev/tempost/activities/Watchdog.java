package dev.tempost.activities;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Closes what is still open when its attempt's deadline passes: a timed-out activity's thread would go on otherwise. */
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

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
