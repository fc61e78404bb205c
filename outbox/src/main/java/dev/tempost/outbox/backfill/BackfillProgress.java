package dev.tempost.outbox.backfill;

import org.jspecify.annotations.Nullable;

/**
 * How far a backfill has come, over all its runs.
 *
 * @param enqueued rows of the query that became rows of the outbox
 * @param known rows that did not, because their dedup_key was in use
 * @param lastKey the key of the last row taken; null before the first
 * @param finished whether the query has no further row
 */
public record BackfillProgress(
        long enqueued, long known, @Nullable String lastKey, boolean finished) {}
