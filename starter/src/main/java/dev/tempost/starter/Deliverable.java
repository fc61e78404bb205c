package dev.tempost.starter;

import dev.tempost.outbox.claim.EventTypes;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** Which event types can be delivered just now: those whose provider is neither down nor full. */
final class Deliverable {

    private final Routing routing;
    private final Supplier<Set<String>> lookForDown;
    private volatile Set<String> down = Set.of();

    /** @param lookForDown asks the database which providers are down */
    Deliverable(Routing routing, Supplier<Set<String>> lookForDown) {
        this.routing = routing;
        this.lookForDown = lookForDown;
    }

    /** Asks anew which providers are down. Between two looks the gate holds back what was claimed in vain. */
    void look() {
        down = lookForDown.get();
    }

    EventTypes beside(Set<String> full) {
        Set<String> without = new HashSet<>(full);
        without.addAll(down);
        return routing.deliverable(without);
    }
}
