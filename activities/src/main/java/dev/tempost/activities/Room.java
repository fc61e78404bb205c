package dev.tempost.activities;

import java.time.Duration;

/** What one message has of this process while it is sent: a place at its provider, and memory. */
final class Room implements AutoCloseable {

    private final Places places;
    private final int priority;
    private final Memory.Share memory;
    private Places.Place place;

    Room(Places places, int priority, Places.Place place, Memory.Share memory) {
        this.places = places;
        this.priority = priority;
        this.place = place;
        this.memory = memory;
    }

    /**
     * Waits for that much memory, and then for a place again: while it waits for the one, others have the other.
     *
     * @return false when there was not enough in time: the message has nothing then
     */
    boolean enlarge(long bytes, Duration patience) {
        place.close();
        if (!memory.exchange(bytes, patience)) {
            return false;
        }
        Places.Place again = places.take(priority, patience);
        if (again == null) {
            memory.close();
            return false;
        }
        place = again;
        return true;
    }

    @Override
    public void close() {
        memory.close();
        place.close();
    }
}
