package dev.tempost.app.terminal;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Lines that say what is going on and when; a counter stays on one line where a person watches. */
public final class Progress {

    private final PrintStream out;
    private final boolean watched;
    private final long startedAt = System.nanoTime();
    private boolean counting;
    private String lastCount = "";

    public Progress(PrintStream out) {
        this.out = out;
        this.watched = Watched.isWatched();
    }

    /** Says one thing, on a line of its own. */
    public synchronized void say(String what) {
        endCount();
        out.printf(Locale.ROOT, "%6.1f s  %s%n", seconds(), what);
    }

    /** Shows a count. Where nobody watches, each new value is a line. */
    public synchronized void count(String what, long done, long all) {
        String text = what + " " + done + " of " + all;
        if (text.equals(lastCount)) {
            return;
        }
        lastCount = text;
        if (watched) {
            out.printf(Locale.ROOT, "\r%6.1f s  %s", seconds(), text);
            out.flush();
            counting = true;
        } else {
            out.printf(Locale.ROOT, "%6.1f s  %s%n", seconds(), text);
        }
    }

    /** How long it has been going on. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startedAt);
    }

    private void endCount() {
        if (counting) {
            out.println();
            counting = false;
        }
    }

    private double seconds() {
        return elapsed().toMillis() / 1000.0;
    }
}
