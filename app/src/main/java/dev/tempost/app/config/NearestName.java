package dev.tempost.app.config;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Stream;

/** What somebody meant who wrote a name that nobody knows. */
final class NearestName {

    // letters' worth of likeness when only the last part of a name is right
    private static final int MOVED = 12;

    private NearestName() {}

    /** @param known at least one */
    static String of(String name, Stream<String> known) {
        return known.min(Comparator.comparingInt(path -> distance(name, path) - (sameEnd(name, path) ? MOVED : 0)))
                .orElseThrow();
    }

    private static boolean sameEnd(String one, String other) {
        return one.replaceFirst(".*[._]", "").equals(other.replaceFirst(".*[._]", ""));
    }

    /** How many letters have to be added, removed or changed. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0]++;
            for (int j = 1; j <= other.length(); j++) {
                int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(diagonal, row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
