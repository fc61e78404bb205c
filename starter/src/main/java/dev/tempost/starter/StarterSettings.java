package dev.tempost.starter;

import dev.tempost.workflows.Attributes;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the poller works.
 *
 * @param taskQueue the Temporal task queue deliveries are started on
 * @param attributes the search attributes they carry
 * @param capacity how many deliveries of this replica may wait for Temporal to begin them, at most; urgent ones may go beyond it
 *     by a third
 * @param alone whether no worker runs in this process, so that only the table tells what becomes of deliveries
 * @param lease how long a claimed row is this replica's, before another one asks Temporal what became of it
 * @param tenant deliver only this tenant's rows; null for all
 */
public record StarterSettings(
        String taskQueue,
        Attributes attributes,
        int capacity,
        boolean alone,
        Duration lease,
        @Nullable String tenant) {}
