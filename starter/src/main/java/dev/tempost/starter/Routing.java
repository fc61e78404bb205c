package dev.tempost.starter;

import dev.tempost.outbox.claim.EventTypes;
import java.util.Map;
import java.util.Set;

/** Knows which provider takes which event type. */
public interface Routing {

    /** What can be delivered without these providers. */
    EventTypes deliverable(Set<String> withoutProviders);

    /** The provider that takes an event type. */
    String provider(String eventType);

    /** Every provider, and how many messages one process sends through it at the same time, without places kept for urgent ones. */
    Map<String, Integer> connections();
}
