package dev.tempost.app.engine;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Puts back what Tempost needs in Temporal and what vanishes with Temporal's database: each minute, when Temporal was away,
 * and when it refused a start.
 */
public final class NamespaceReconciler implements AutoCloseable {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final Duration AT_LEAST_EVERY = Duration.ofMinutes(1);

    private static final Backoff BACKOFF = new Backoff(BETWEEN_LOOKS, Duration.ofSeconds(5));

    private final BooleanSupplier temporalAnswers;
    private final Runnable restore;
    private final LongSupplier nanoTime;
    private final RepeatingTask task = new RepeatingTask(
            "Putting search attributes and schedules in place",
            BACKOFF,
            RuntimeException.class::isInstance,
            this::look);
    private volatile boolean asked;
    private boolean owed = true;
    private long restoredAt;

    /** @param restore creates what is missing; throws when Temporal cannot be asked */
    public NamespaceReconciler(BooleanSupplier temporalAnswers, Runnable restore) {
        this(temporalAnswers, restore, System::nanoTime);
    }

    NamespaceReconciler(BooleanSupplier temporalAnswers, Runnable restore, LongSupplier nanoTime) {
        this.temporalAnswers = temporalAnswers;
        this.restore = restore;
        this.nanoTime = nanoTime;
    }

    void start() {
        task.start();
    }

    /** Asks for it out of turn: something seems to be missing. */
    public void requestRun() {
        asked = true;
    }

    Next look() {
        boolean answers = temporalAnswers.getAsBoolean();
        if (asked || !answers || nanoTime.getAsLong() - restoredAt >= AT_LEAST_EVERY.toNanos()) {
            // after an outage, too: it may have come back empty
            asked = false;
            owed = true;
        }
        if (owed && answers) {
            restore.run();
            restoredAt = nanoTime.getAsLong();
            owed = false;
        }
        return Next.after(BETWEEN_LOOKS);
    }

    @Override
    public void close() {
        task.stop();
    }
}
