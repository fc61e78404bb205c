package dev.tempost.reconciliation;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.FailureType;
import dev.tempost.workflows.RetainActivities;
import dev.tempost.workflows.RetainResult;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes old rows, and the content of rows that are not as old, batch by batch, each a short transaction, for a limited time. */
public final class RetainActivitiesImpl implements RetainActivities {

    /**
     * After how long what leaves, by status; zero, or no entry, for never.
     *
     * @param removed the rows themselves
     * @param scrubbed their content
     */
    public record Ages(Map<RowStatus, Duration> removed, Map<RowStatus, Duration> scrubbed) {

        public Ages {
            removed = Map.copyOf(removed);
            scrubbed = Map.copyOf(scrubbed);
        }
    }

    private interface Batch {
        int of(RowStatus status, Duration age, int limit);
    }

    private static final Logger log = LoggerFactory.getLogger(RetainActivitiesImpl.class);
    private static final int BATCH = 500;
    private static final Duration LONGEST_RUN = Duration.ofSeconds(30);
    // longer than anybody asks who did what, shorter than for ever
    private static final Duration AUDIT = Duration.ofDays(400);

    private final Retention retention;
    private final Ages ages;
    private final Duration limit;
    private final Consumer<RowsRemoved> removals;

    /**
     * @param removals told of what was removed; must be quick and must not throw
     */
    public RetainActivitiesImpl(Retention retention, Ages ages, Consumer<RowsRemoved> removals) {
        this(retention, ages, LONGEST_RUN, removals);
    }

    /** @param limit how long one run may go on; the next one continues */
    RetainActivitiesImpl(Retention retention, Ages ages, Duration limit, Consumer<RowsRemoved> removals) {
        this.retention = retention;
        this.ages = ages;
        this.limit = limit;
        this.removals = removals;
    }

    @Override
    public RetainResult removeFinished() {
        long until = System.nanoTime() + limit.toNanos();
        Map<String, Long> removed = new TreeMap<>();
        Map<String, Long> scrubbed = new TreeMap<>();
        boolean more;
        try {
            // personal data first: somebody was promised that it is gone by then
            more = sweep(ages.scrubbed(), retention::scrub, scrubbed, until);
            more |= sweep(ages.removed(), this::remove, removed, until);
            retention.forgetAudit(AUDIT, BATCH);
            retention.forgetRequests(BATCH);
        } catch (OutboxUnavailableException e) {
            throw ApplicationFailure.newFailure(String.valueOf(e.getMessage()), FailureType.OUTBOX_UNAVAILABLE);
        }
        if (!removed.isEmpty() || !scrubbed.isEmpty()) {
            log.info(
                    "Of rows that were finished long ago, removed {} and the content of {}{}",
                    removed,
                    scrubbed,
                    more ? "; the next run goes on" : "");
        }
        return new RetainResult(removed, scrubbed, more);
    }

    private int remove(RowStatus status, Duration age, int limit) {
        int rows = retention.remove(status, age, limit);
        if (rows > 0) {
            removals.accept(new RowsRemoved(status.column(), rows));
        }
        return rows;
    }

    /** Returns whether time ran out. */
    private boolean sweep(Map<RowStatus, Duration> kept, Batch batch, Map<String, Long> done, long until) {
        ActivityExecutionContext context = Activity.getExecutionContext();
        for (Map.Entry<RowStatus, Duration> status : kept.entrySet()) {
            if (status.getValue().isZero()) {
                continue;
            }
            String name = status.getKey().column();
            int rows = BATCH;
            while (rows == BATCH) {
                if (System.nanoTime() - until >= 0) {
                    return true;
                }
                rows = batch.of(status.getKey(), status.getValue(), BATCH);
                if (rows > 0) {
                    done.merge(name, (long) rows, Long::sum);
                }
                context.heartbeat(null);
            }
        }
        return false;
    }
}
