package dev.tempost.app.chaos.check;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One entry of the ledger. */
public record Attempt(
        long rowId,
        int number,
        String phase,
        @Nullable String messageId,
        Instant deadline,
        Instant startedAt,
        @Nullable Instant finishedAt) {

    boolean is(String phase) {
        return this.phase.equals(phase);
    }
}
