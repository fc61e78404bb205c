package dev.tempost.loops;

import java.time.Duration;

/** What follows a round of a {@link RepeatingTask}. */
public sealed interface Next {

    /** Another round, without a pause. */
    Next AT_ONCE = new Round(Duration.ZERO);

    /** Nothing: the task is done. */
    Next NOTHING = new End();

    /** Another round after a pause. */
    static Next after(Duration pause) {
        return new Round(pause);
    }

    /**
     * Another round.
     *
     * @param pause how long to pause before it
     */
    record Round(Duration pause) implements Next {}

    /** The end. */
    record End() implements Next {}
}
