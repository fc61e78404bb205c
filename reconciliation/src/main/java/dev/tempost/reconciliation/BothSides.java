package dev.tempost.reconciliation;

/**
 * Rows and workflows, counted. Those younger than five seconds are left out: Temporal may not list them yet.
 *
 * @param waiting rows that wait for their workflow
 * @param running workflows that have not closed
 * @param wedged those of the rows that should have been tried again ten minutes ago, and that nobody tries
 */
public record BothSides(long waiting, long running, long wedged) {}
