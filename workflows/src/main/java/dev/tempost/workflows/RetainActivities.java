package dev.tempost.workflows;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** What retention does. It can be repeated. */
@ActivityInterface
public interface RetainActivities {

    /** Removes what is old enough, in small batches and for a limited time. */
    @ActivityMethod(name = "RemoveFinished")
    RetainResult removeFinished();
}
