package dev.tempost.channels.temporal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is started.
 *
 * @param type the workflow's type
 * @param taskQueue where its workers poll
 * @param reuse what happens where one of its id is closed, started by somebody else
 * @param executionTimeout how long it may take, all its runs together; null for ever
 */
public record WorkflowStart(
        String type,
        String taskQueue,
        IdReusePolicy reuse,
        @Nullable Duration executionTimeout) {

    public WorkflowStart {
        WorkflowProvider.require(!type.isBlank(), "workflow-type", "is empty: name the type of the workflow");
        WorkflowProvider.require(!taskQueue.isBlank(), "task-queue", "is empty: name the queue that its workers poll");
    }
}
