package dev.tempost.outbox.claim;

import java.util.Arrays;

/** Where the turn is among the lanes of each priority, which are in the order of their tenants and event types. */
final class Rings {

    private final String[] tenants;
    private final String[] eventTypes;

    Rings(int priorities) {
        tenants = new String[priorities];
        eventTypes = new String[priorities];
        Arrays.fill(tenants, "");
        Arrays.fill(eventTypes, "");
    }

    /** By priority, from 1 on: the tenant after whose lane the ring begins. */
    String[] tenants() {
        return tenants.clone();
    }

    /** By priority, from 1 on: the event type after whose lane the ring begins. */
    String[] eventTypes() {
        return eventTypes.clone();
    }

    /** Lets the ring of a lane's priority begin after it. */
    void beginAfter(Lane lane) {
        tenants[lane.priority() - 1] = lane.tenant();
        eventTypes[lane.priority() - 1] = lane.eventType();
    }
}
