package dev.tempost.outbox.claim;

import dev.tempost.outbox.rows.ClaimedRow;

/**
 * What one tenant has of one event type at one priority, waiting for a claim.
 *
 * @param priority 1, the most urgent, to 5
 * @param tenant the tenant
 * @param eventType the event type
 * @param first the id of its first row
 * @param paused whether a switch holds all of it back
 */
record Lane(int priority, String tenant, String eventType, long first, boolean paused) {

    boolean holds(ClaimedRow row) {
        return row.priority() == priority
                && row.tenant().equals(tenant)
                && row.eventType().equals(eventType);
    }
}
