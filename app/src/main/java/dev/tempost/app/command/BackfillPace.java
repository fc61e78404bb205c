package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.backfill.BackfillProgress;
import dev.tempost.outbox.backfill.BackfillRun;
import dev.tempost.outbox.database.OutboxUnavailableException;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Takes the steps of a backfill, no faster than was asked for and than its rows are delivered, and tells how far it is. */
final class BackfillPace {

    private static final long LOOK_MILLIS = 1000;
    private static final long LONGEST_PAUSE_MILLIS = 30_000;
    private static final double BETWEEN_LINES = 5;

    private final int batch;
    private final int perSecond;
    private final int backlog;
    private final String key;
    private final Progress progress;
    private final CountDownLatch stop;
    private double saidAt;

    /**
     * @param batch rows a step, at most
     * @param perSecond rows a second, at most; 0 for no such limit
     * @param backlog it waits while so many rows are due
     * @param key the column it goes on by
     * @param stop ends it after the step under way
     */
    BackfillPace(int batch, int perSecond, int backlog, String key, Progress progress, CountDownLatch stop) {
        this.batch = batch;
        this.perSecond = perSecond;
        this.backlog = backlog;
        this.key = key;
        this.progress = progress;
        this.stop = stop;
    }

    /**
     * Returns once it is finished or stopped.
     *
     * @param all how many rows there are, those of earlier runs included, as far as is known
     */
    BackfillProgress steps(BackfillRun run, BackfillProgress begun, long all) {
        long startedAt = System.nanoTime();
        long before = begun.enqueued() + begun.known();
        long pause = 0;
        BackfillProgress now = begun;
        while (!now.finished() && !stopped(pause)) {
            try {
                long room = backlog - run.due(backlog);
                if (room <= 0) {
                    say(now, all, "waits: " + backlog + " are due already");
                    pause = LOOK_MILLIS;
                    continue;
                }
                int most = perSecond == 0 ? batch : Math.min(batch, perSecond);
                now = run.step((int) Math.min(most, room));
                double seconds = (System.nanoTime() - startedAt) / 1e9;
                long taken = now.enqueued() + now.known() - before;
                pause = perSecond == 0 ? 0 : (long) Math.max(0, 1000.0 * taken / perSecond - 1000 * seconds);
                say(now, all, pace(taken / seconds, all - before - taken));
            } catch (OutboxUnavailableException e) {
                pause = Math.clamp(2 * pause, LOOK_MILLIS, LONGEST_PAUSE_MILLIS);
                progress.say("Pauses for " + pause / 1000 + " s: " + e.getMessage());
            }
        }
        return now;
    }

    private static String pace(double perSecond, long left) {
        return String.format(Locale.ROOT, "%.0f/s, ", perSecond)
                + (left > 0 ? "about " + Formats.age(left / perSecond) + " left" : "nearly done");
    }

    private void say(BackfillProgress now, long all, String more) {
        double seconds = progress.elapsed().toMillis() / 1000.0;
        if (seconds - saidAt >= BETWEEN_LINES) {
            saidAt = seconds;
            progress.say(now.enqueued() + " enqueued of about " + all + ", " + more + ", the last " + key + " = "
                    + now.lastKey());
        }
    }

    private boolean stopped(long millis) {
        try {
            return stop.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
