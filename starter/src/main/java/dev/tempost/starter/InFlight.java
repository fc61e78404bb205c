package dev.tempost.starter;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The rows this replica has claimed whose first attempt has not ended yet, as far as it knows. */
final class InFlight {

    private final int capacity;
    private final Set<Long> ids = ConcurrentHashMap.newKeySet();

    InFlight(int capacity) {
        this.capacity = capacity;
    }

    void add(long id) {
        ids.add(id);
    }

    boolean remove(long id) {
        return ids.remove(id);
    }

    int size() {
        return ids.size();
    }

    int free() {
        return capacity - ids.size();
    }

    /** A claim costs a round trip whatever it brings: under load it waits until it is worth one. */
    boolean worthAClaim() {
        return ids.isEmpty() || free() >= Math.max(1, capacity / 3);
    }

    long[] ids() {
        return ids.stream().mapToLong(Long::longValue).toArray();
    }
}
