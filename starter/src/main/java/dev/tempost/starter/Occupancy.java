package dev.tempost.starter;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** How many flights there are at one moment, by provider and phase. */
final class Occupancy {

    // an urgent row that takes longer waits for its mail server, not for a processor
    private static final Duration HEADSTART = Duration.ofSeconds(1);

    private static final class Count {
        private int all;
        private int sending;
    }

    private final Map<String, Integer> connections;
    private final Map<String, Count> counts = new HashMap<>();
    private int urgentWaiting;
    private boolean urgentAhead;

    /** @param connections of every provider, those without a flight as well: a claim may bring rows of each */
    Occupancy(Map<String, Integer> connections, Collection<Flight> flights, long now) {
        this.connections = connections;
        connections.keySet().forEach(provider -> counts.put(provider, new Count()));
        for (Flight flight : flights) {
            Count count = counts.computeIfAbsent(flight.provider(), provider -> new Count());
            count.all++;
            count.sending += flight.sending() ? 1 : 0;
            if (flight.urgent()) {
                urgentWaiting += flight.sending() ? 0 : 1;
                urgentAhead |= now - flight.claimedAt() < HEADSTART.toNanos();
            }
        }
    }

    Set<String> providers() {
        return counts.keySet();
    }

    int connections(String provider) {
        return connections.getOrDefault(provider, 1);
    }

    /** How many flights a provider has, in both phases. */
    int of(String provider) {
        Count count = counts.get(provider);
        return count == null ? 0 : count.all;
    }

    /** How many wait, and not for a connection of their provider. */
    int waitingForTemporal() {
        int waiting = 0;
        for (Map.Entry<String, Count> provider : counts.entrySet()) {
            Count count = provider.getValue();
            waiting += Math.max(0, Math.min(count.all, connections(provider.getKey())) - count.sending);
        }
        return waiting;
    }

    /** How many urgent rows wait. */
    int urgentWaiting() {
        return urgentWaiting;
    }

    /** Whether an urgent row was claimed just now, and is on its way before all others. */
    boolean urgentAhead() {
        return urgentAhead;
    }
}
