package dev.tempost.workflows;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** What a bulk action does. It can be repeated: it goes on where it was. */
@ActivityInterface
public interface BulkActionActivities {

    /**
     * Works until there is nothing left to do.
     *
     * @param id of {@code tempost.bulk_action}
     */
    @ActivityMethod(name = "WorkThroughRows")
    BulkActionProgress workThroughRows(String id);
}
