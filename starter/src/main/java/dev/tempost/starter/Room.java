package dev.tempost.starter;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the next claim may take.
 *
 * @param rows how many
 * @param full the providers of which it may take none
 */
record Room(int rows, Set<String> full) {

    /**
     * For a claim that may bring rows of every provider that is not full, and of each as many as it takes.
     *
     * @param rows at most so many
     * @param free by provider, how many more it may take
     */
    static Room of(int rows, Map<String, Integer> free) {
        int most = rows;
        Set<String> full = new HashSet<>();
        for (Map.Entry<String, Integer> provider : free.entrySet()) {
            if (provider.getValue() == 0) {
                full.add(provider.getKey());
            } else {
                most = Math.min(most, provider.getValue());
            }
        }
        return new Room(most, full);
    }

    /** Whether some row may have to stay in the table. */
    boolean limited() {
        return rows == 0 || !full.isEmpty();
    }
}
