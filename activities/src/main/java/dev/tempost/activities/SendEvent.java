package dev.tempost.activities;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something came of a row: an attempt ended, or the row reached its outcome.
 *
 * @param id the row's id
 * @param tenant the row's tenant
 * @param eventType the row's event type
 * @param outcome a row status in lower case; or what became of an attempt: {@code transient}, {@code ambiguous}, {@code
 *     rejected}; or {@code waiting} when the gate let nobody send yet
 * @param lag from the row's creation, or its {@code deliver_after}, to its acceptance; null unless accepted just now
 */
public record SendEvent(
        long id,
        String tenant,
        String eventType,
        String outcome,
        @Nullable Duration lag) {}
