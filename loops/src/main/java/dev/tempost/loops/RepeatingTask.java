package dev.tempost.loops;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one thing again and again on a thread of its own, and pauses ever longer while that fails. What hangs in one task holds up
 * no other, and no failure ends one.
 */
public final class RepeatingTask {

    /** One round. */
    public interface Round {
        /** Does some of the work there is, and says what follows. */
        Next run() throws InterruptedException;
    }

    private static final Logger log = LoggerFactory.getLogger(RepeatingTask.class);

    private final String name;
    private final Round round;
    private final Backoff backoff;
    private final Predicate<Throwable> outage;
    private final Sleeper sleeper;
    // not virtual: stopping interrupts it, which would cut a virtual thread's connection to PostgreSQL
    private final Thread thread;
    private volatile boolean stopped;
    private int failures;
    private String told = "";

    /**
     * @param name what pauses, as the log says it: "Polling"
     * @param outage which failures come from outside: told once, until something else goes wrong. Any other is a fault, and told
     *     with its stack trace each time
     */
    public RepeatingTask(String name, Backoff backoff, Predicate<Throwable> outage, Round round) {
        this(name, backoff, outage, round, Sleeper.REAL);
    }

    /** With a test's own time. */
    public RepeatingTask(String name, Backoff backoff, Predicate<Throwable> outage, Round round, Sleeper sleeper) {
        this.name = name;
        this.round = round;
        this.backoff = backoff;
        this.outage = outage;
        this.sleeper = sleeper;
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("tempost-" + name.replace(' ', '-').toLowerCase(Locale.ROOT))
                .unstarted(this::run);
    }

    /** Begins the first round. */
    public void start() {
        thread.start();
    }

    private void run() {
        try {
            Next next = Next.AT_ONCE;
            while (!stopped && next instanceof Next.Round(Duration pause)) {
                if (pause.isPositive()) {
                    sleeper.sleep(pause);
                }
                next = tried();
            }
        } catch (InterruptedException e) {
            log.debug("{} is stopped", name);
        }
    }

    private Next tried() throws InterruptedException {
        try {
            Next next = round.run();
            failures = 0;
            told = "";
            return next;
        } catch (RuntimeException | Error e) {
            if (stopped) {
                return Next.NOTHING;
            }
            Duration pause = backoff.after(failures++);
            tell(e, pause);
            return Next.after(pause);
        }
    }

    private void tell(Throwable failure, Duration pause) {
        if (!outage.test(failure)) {
            log.error("{} pauses for {} ms after an unexpected failure", name, pause.toMillis(), failure);
            return;
        }
        String what = firstLine(failure);
        // figures, of a pool for instance, may differ each time
        String kind = what.replaceAll("\\d", "");
        if (!kind.equals(told)) {
            told = kind;
            log.warn("{} pauses for {} ms: {}", name, pause.toMillis(), what);
        }
    }

    private static String firstLine(Throwable failure) {
        return String.valueOf(failure.getMessage())
                .lines()
                .filter(line -> !line.isBlank())
                .findFirst()
                .orElse(failure.getClass().getSimpleName());
    }

    /** Begins no other round, and ends a pause; {@link #join} waits for the round under way. */
    public void stop() {
        stopped = true;
        thread.interrupt();
    }

    /** Waits until the last round has ended, that long at most; returns at once when none was begun. */
    public void join(Duration patience) throws InterruptedException {
        if (thread.getState() != Thread.State.NEW) {
            thread.join(patience);
        }
    }
}
