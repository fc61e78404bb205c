package dev.tempost.starter;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The rules by which flights leave room for more. A claim costs a round trip whatever it brings: under load it waits until it is
 * worth one, and there is no room before. While an urgent row is on its way, all others have a third of the places, so that it
 * need not share the processors with many.
 */
final class Rooms {

    private final Occupancy occupancy;
    private final int capacity;
    private final Margins margins;

    /** @param capacity how many may wait for Temporal */
    Rooms(Occupancy occupancy, int capacity, Margins margins) {
        this.occupancy = occupancy;
        this.capacity = capacity;
        this.margins = margins;
    }

    /** What a claim of any priority may take. */
    Room any() {
        return Room.of(rows(), free(0));
    }

    /**
     * The same for claims one after another: where some providers may take only few rows, one without them and one for them, so that
     * nobody's claims are small for the sake of others.
     */
    List<Room> inTurn() {
        return inTurn(rows(), free(0));
    }

    /**
     * @param rows at most so many
     * @param free by provider, how many more it may take
     */
    static List<Room> inTurn(int rows, Map<String, Integer> free) {
        Map<String, Integer> narrow = new HashMap<>(free);
        Map<String, Integer> wide = new HashMap<>(narrow);
        narrow.replaceAll((provider, left) -> left < third(rows) ? left : 0);
        wide.replaceAll((provider, left) -> left < third(rows) ? 0 : left);
        return Stream.of(wide, narrow)
                .filter(part -> part.values().stream().anyMatch(left -> left > 0))
                .map(part -> Room.of(rows, part))
                .toList();
    }

    /** What urgent rows may take: a third more of everything than all may have. */
    Room urgent() {
        int rows = Math.max(0, capacity + third(capacity) - occupancy.waitingForTemporal());
        return Room.of(rows, free(1));
    }

    private int rows() {
        int waiting = occupancy.waitingForTemporal();
        int places =
                occupancy.urgentAhead() ? Math.min(capacity, third(capacity) + occupancy.urgentWaiting()) : capacity;
        int free = places - waiting;
        return waiting == 0 || free >= third(places) ? Math.max(0, free) : 0;
    }

    /** By provider, how many more rows it may take; none where that is not worth a claim. */
    private Map<String, Integer> free(int urgent) {
        Map<String, Integer> free = new HashMap<>();
        occupancy.providers().forEach(provider -> {
            int connections = occupancy.connections(provider);
            int margin = margins.of(provider, connections);
            int rows = connections + margin + urgent * third(connections) - occupancy.of(provider);
            free.put(provider, rows < Math.max(1, margin / 2) ? 0 : rows);
        });
        return free;
    }

    private static int third(int places) {
        return Math.max(1, places / 3);
    }
}
