package dev.tempost.outbox.rows;

import java.time.Instant;

/**
 * A row that only its workflow drives: it is dispatched, and nobody holds a lease on it.
 *
 * @param row its names
 * @param dispatchedAt when it was dispatched; tells later whether that happened again
 */
public record DispatchedRow(ClaimedRow row, Instant dispatchedAt) {}
