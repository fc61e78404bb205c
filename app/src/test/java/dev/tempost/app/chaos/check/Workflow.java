package dev.tempost.app.chaos.check;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run, as Temporal lists it.
 *
 * @param status for instance {@code Completed}
 */
public record Workflow(
        String workflowId,
        String runId,
        String status,
        Instant startedAt,
        @Nullable Instant closedAt) {

    boolean isRunning() {
        return status.equals("Running");
    }
}
