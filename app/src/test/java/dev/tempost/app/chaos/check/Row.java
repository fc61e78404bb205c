package dev.tempost.app.chaos.check;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of the outbox, as it is in the end.
 *
 * @param token what its producer wrote into it, and nobody else
 */
public record Row(
        long id,
        UUID key,
        String tenant,
        String token,
        String status,
        int attempts,
        @Nullable String shard,
        @Nullable String reason,
        @Nullable String lastError,
        @Nullable String lastErrorType,
        @Nullable String workflow) {

    boolean is(String status) {
        return this.status.equals(status);
    }

    boolean isOpen() {
        return is("pending") || is("dispatched");
    }

    /** Whether the workflow that had it last carried others as well. */
    boolean inABatch() {
        return workflow != null && workflow.startsWith("batch:");
    }

    /** As docs/state-machine.md and operators spell it. */
    String workflowId() {
        return inABatch()
                ? String.valueOf(workflow)
                : "delivery:" + tenant + ":" + id + ":" + key.toString().substring(0, 8);
    }
}
