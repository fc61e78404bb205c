package dev.tempost.starter;

import dev.tempost.outbox.database.OutboxUnavailableException;
import java.time.Duration;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one thing again and again on a thread of its own, and pauses ever longer while that fails. What hangs in one loop holds up
 * no other.
 */
final class Loop {

    /** One round. It waits for its next one by itself. */
    interface Round {
        void run() throws InterruptedException;
    }

    /** Does some of the work there is; returns whether there may be more. */
    interface Chore {
        boolean some() throws InterruptedException;
    }

    private static final Logger log = LoggerFactory.getLogger(Loop.class);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final String name;
    private final Round round;
    private final Backoff backoff = new Backoff(SHORTEST_PAUSE, LONGEST_PAUSE);
    // not virtual: stopping interrupts it, which would cut a virtual thread's connection to PostgreSQL
    private final Thread thread;
    private volatile boolean stopped;

    /** @param name what pauses, as the log says it: "Polling" */
    Loop(String name, Round round) {
        this.name = name;
        this.round = round;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("tempost-" + name.replace(' ', '-').toLowerCase(Locale.ROOT))
                .unstarted(this::run);
    }

    /** Does a chore at that pace, and at once again while there may be more of it. */
    static Loop every(Duration pause, String name, Chore chore) {
        return new Loop(name, () -> {
            if (!chore.some()) {
                Thread.sleep(pause);
            }
        });
    }

    void start() {
        thread.start();
    }

    private void run() {
        boolean failing = false;
        while (!stopped) {
            try {
                round.run();
                backoff.reset();
                failing = false;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (stopped) {
                    return;
                }
                Duration pause = backoff.next();
                tell(e, pause, failing);
                failing = true;
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException stop) {
                    return;
                }
            }
        }
    }

    private void tell(RuntimeException failure, Duration pause, boolean told) {
        if (!(failure instanceof OutboxUnavailableException)) {
            log.error("{} pauses for {} ms after an unexpected failure", name, pause.toMillis(), failure);
        } else if (!told) {
            log.warn("{} pauses for {} ms: {}", name, pause.toMillis(), failure.getMessage());
        }
    }

    /** Begins no other round, and ends a wait; {@link #join} waits for the round under way. */
    void stop() {
        stopped = true;
        thread.interrupt();
    }

    void join(Duration patience) throws InterruptedException {
        if (thread.getState() != Thread.State.NEW) {
            thread.join(patience);
        }
    }
}
