package dev.tempost.workflows;

/**
 * How far a bulk action came.
 *
 * @param done rows that it was done to
 * @param refused rows that matched and were left alone
 * @param cancelled whether somebody stopped it
 */
public record BulkActionProgress(long done, long refused, boolean cancelled) {}
