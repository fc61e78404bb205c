package dev.tempost.outbox.rows;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A shard with open rows.
 *
 * @param tenant its tenant
 * @param shardKey its key
 * @param depth how many of its rows are pending, in flight, or failed and hold it
 * @param head the row whose turn it is
 * @param headStatus pending, dispatched or failed
 * @param since since when it is that row's turn; null before a claim has looked at the shard
 * @param nextAttemptAt when the head is tried again, or due; null when that is now, or nothing is planned
 * @param lastErrorType the type of the head's last failure; null for none
 * @param lastError the head's last failure; null for none
 * @param pause who holds the head back by a switch, and why; null when nobody does
 */
public record Shard(
        String tenant,
        String shardKey,
        long depth,
        long head,
        RowStatus headStatus,
        @Nullable Instant since,
        @Nullable Instant nextAttemptAt,
        @Nullable String lastErrorType,
        @Nullable String lastError,
        @Nullable String pause) {

    /** What it waits for, in a sentence. */
    public String reason() {
        String row = "row " + head;
        if (headStatus == RowStatus.FAILED) {
            return row + " failed (" + lastErrorType + ") and holds the shard: retry or dismiss it";
        }
        if (pause != null) {
            return pause;
        }
        if (nextAttemptAt != null) {
            return lastErrorType == null
                    ? row + " is due at " + nextAttemptAt
                    : row + " is tried again at " + nextAttemptAt + " (" + lastErrorType + ")";
        }
        return headStatus == RowStatus.DISPATCHED ? row + " is being sent" : row + " waits for a claim";
    }
}
