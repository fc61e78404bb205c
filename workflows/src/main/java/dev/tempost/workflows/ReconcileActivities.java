package dev.tempost.workflows;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;
import java.time.Instant;

/** What a reconciliation asks and does. All of it can be repeated: a row is repaired once. */
@ActivityInterface
public interface ReconcileActivities {

    /**
     * What a look saw.
     *
     * @param waiting rows that only their workflow drives
     * @param running deliveries that run
     * @param wedged rows that should have been tried again ten minutes ago
     * @param repaired rows of deliveries that closed lately
     */
    record Look(long waiting, long running, long wedged, Repaired repaired) {}

    /**
     * A part of the comparison of every row.
     *
     * @param repaired what it repaired
     * @param upTo the id of the last row it compared
     * @param last whether that was all
     */
    record Part(Repaired repaired, long upTo, boolean last) {}

    /** Repairs the rows of deliveries that closed since then without telling them, and counts both sides. */
    @ActivityMethod(name = "ReconcileClosed")
    Look look(Instant closedSince);

    /** Compares rows with what runs, by id from the one after that given, until it has repaired enough for one activity. */
    @ActivityMethod(name = "ReconcileAll")
    Part compare(long after);
}
