package dev.tempost.outbox.claim;

import java.util.Set;

/**
 * A choice of event types.
 *
 * @param only true for these and no others; false for all but these
 * @param names the event types
 */
public record EventTypes(boolean only, Set<String> names) {

    /** No event type. */
    public static final EventTypes NONE = new EventTypes(true, Set.of());

    private static final EventTypes ALL = new EventTypes(false, Set.of());

    /** Every event type. */
    public static EventTypes all() {
        return ALL;
    }

    /** Whether it chooses an event type. */
    public boolean contains(String eventType) {
        return names.contains(eventType) == only;
    }

    /** Whether it chooses nothing at all. */
    public boolean none() {
        return only && names.isEmpty();
    }
}
