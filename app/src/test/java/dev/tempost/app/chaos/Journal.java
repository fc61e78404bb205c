package dev.tempost.app.chaos;

import dev.tempost.app.chaos.check.Fate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the producers know of each token they wrote. */
final class Journal {

    private final Map<String, Fate> fates = new ConcurrentHashMap<>();
    private final AtomicInteger committed = new AtomicInteger();

    void record(List<String> tokens, Fate fate) {
        tokens.forEach(token -> fates.put(token, fate));
        if (fate == Fate.COMMITTED) {
            committed.addAndGet(tokens.size());
        }
    }

    int committed() {
        return committed.get();
    }

    Map<String, Fate> fates() {
        return new TreeMap<>(fates);
    }
}
