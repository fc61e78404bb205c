package dev.tempost.workflows;

import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityMethod;

/** What a batch does to the world. It can be repeated: the ledger knows what happened. */
@ActivityInterface
public interface BatchActivities {

    /**
     * Sends the rows that nobody has sent, several at a time, each through the gate. Never fails for a row; fails, to be repeated, when
     * PostgreSQL could not be told what became of them.
     */
    @ActivityMethod(name = "SendBatch")
    BatchProgress sendBatch(BatchRequest request);
}
