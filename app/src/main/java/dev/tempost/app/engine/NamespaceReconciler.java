package dev.tempost.app.engine;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts back what Tempost needs in Temporal and what vanishes with Temporal's database: each minute, when Temporal was away,
 * and when it refused a start.
 */
public final class NamespaceReconciler implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(NamespaceReconciler.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final Duration AT_LEAST_EVERY = Duration.ofMinutes(1);

    private final BooleanSupplier temporalAnswers;
    private final Runnable restore;
    private final AtomicBoolean asked = new AtomicBoolean(true);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("tempost-namespaceReconciler").factory());
    private long restoredAt;
    private boolean told;

    /** @param restore creates what is missing; throws when Temporal cannot be asked */
    public NamespaceReconciler(BooleanSupplier temporalAnswers, Runnable restore) {
        this.temporalAnswers = temporalAnswers;
        this.restore = restore;
    }

    void start() {
        timer.scheduleWithFixedDelay(this::look, 0, BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Asks for it out of turn: something seems to be missing. */
    public void requestRun() {
        asked.set(true);
    }

    void look() {
        if (!temporalAnswers.getAsBoolean()) {
            // it may come back empty
            asked.set(true);
            return;
        }
        if (!asked.getAndSet(false) && System.nanoTime() - restoredAt < AT_LEAST_EVERY.toNanos()) {
            return;
        }
        try {
            restore.run();
            restoredAt = System.nanoTime();
            told = false;
        } catch (RuntimeException e) {
            asked.set(true);
            if (!told) {
                told = true;
                log.warn(
                        "Search attributes and schedules in Temporal could not be made sure of; trying on: {}",
                        e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
