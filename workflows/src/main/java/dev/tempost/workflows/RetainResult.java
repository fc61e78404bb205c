package dev.tempost.workflows;

import java.util.Map;

/**
 * What left the outbox.
 *
 * @param removed how many rows, by their status
 * @param scrubbed how many rows lost their content and stay, by their status
 * @param more whether time ran out before everything old had left: the next run goes on
 */
public record RetainResult(Map<String, Long> removed, Map<String, Long> scrubbed, boolean more) {}
