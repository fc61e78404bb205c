package dev.tempost.starter;

import dev.tempost.outbox.EventTypes;
import java.util.Set;

/** Knows which provider takes which event type. */
public interface Routing {

    /** What can be delivered while these providers are down. */
    EventTypes deliverable(Set<String> downProviders);
}
