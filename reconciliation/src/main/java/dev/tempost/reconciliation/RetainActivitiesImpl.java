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

/** Removes old rows batch by batch, each a short transaction, for a limited time. */
public final class RetainActivitiesImpl implements RetainActivities {

    private static final Logger log = LoggerFactory.getLogger(RetainActivitiesImpl.class);
    private static final int BATCH = 500;
    private static final Duration LONGEST_RUN = Duration.ofSeconds(30);

    private final Retention retention;
    private final Map<RowStatus, Duration> ages;
    private final Duration limit;
    private final Consumer<RowsRemoved> removals;

    /**
     * @param ages how long rows of a status are kept; zero, or no entry, for ever
     * @param removals told of what was removed; must be quick and must not throw
     */
    public RetainActivitiesImpl(Retention retention, Map<RowStatus, Duration> ages, Consumer<RowsRemoved> removals) {
        this(retention, ages, LONGEST_RUN, removals);
    }

    /** @param limit how long one run may go on; the next one continues */
    RetainActivitiesImpl(
            Retention retention, Map<RowStatus, Duration> ages, Duration limit, Consumer<RowsRemoved> removals) {
        this.retention = retention;
        this.ages = Map.copyOf(ages);
        this.limit = limit;
        this.removals = removals;
    }

    @Override
    public RetainResult removeFinished() {
        ActivityExecutionContext context = Activity.getExecutionContext();
        long until = System.nanoTime() + limit.toNanos();
        Map<String, Long> removed = new TreeMap<>();
        boolean more = false;
        try {
            for (Map.Entry<RowStatus, Duration> kept : ages.entrySet()) {
                if (kept.getValue().isZero()) {
                    continue;
                }
                int batch = BATCH;
                while (batch == BATCH) {
                    if (System.nanoTime() - until >= 0) {
                        more = true;
                        break;
                    }
                    batch = retention.remove(kept.getKey(), kept.getValue(), BATCH);
                    if (batch > 0) {
                        removed.merge(kept.getKey().column(), (long) batch, Long::sum);
                        removals.accept(new RowsRemoved(kept.getKey().column(), batch));
                    }
                    context.heartbeat(null);
                }
            }
        } catch (OutboxUnavailableException e) {
            throw ApplicationFailure.newFailure(String.valueOf(e.getMessage()), FailureType.OUTBOX_UNAVAILABLE);
        }
        if (!removed.isEmpty()) {
            log.info("Removed rows that were finished long ago: {}{}", removed, more ? "; the next run goes on" : "");
        }
        return new RetainResult(removed, more);
    }
}
