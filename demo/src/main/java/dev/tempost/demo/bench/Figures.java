package dev.tempost.demo.bench;

import java.util.List;

/** Order statistics. */
public final class Figures {

    private Figures() {}

    /** The value below which the given share of the sample lies; the nearest rank, nothing interpolated. */
    public static double quantile(List<Double> sample, double share) {
        List<Double> sorted = sample.stream().sorted().toList();
        int rank = (int) Math.ceil(share * sorted.size());
        return sorted.get(Math.max(0, Math.min(sorted.size() - 1, rank - 1)));
    }

    public static double median(List<Double> sample) {
        return quantile(sample, 0.5);
    }
}
