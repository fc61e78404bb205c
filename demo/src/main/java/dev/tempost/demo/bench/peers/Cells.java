package dev.tempost.demo.bench.peers;

import dev.tempost.demo.bench.Figures;
import java.util.List;
import java.util.Locale;

/**
 * What a result file says, as a table's cells: the median of the rounds, with the least and the greatest where they differ.
 *
 * @param file the file
 */
record Cells(ResultFile file) {

    static final String NONE = "";

    List<String> contenders() {
        return file.figures().stream()
                .map(ResultFile.Figure::contender)
                .distinct()
                .toList();
    }

    List<Integer> delays() {
        return file.figures().stream()
                .map(ResultFile.Figure::delayMillis)
                .distinct()
                .sorted()
                .toList();
    }

    /** A figure, unless rows were missing: then how many came. */
    String complete(String contender, int delay, String name, String unit) {
        double missing = median(contender, delay, "missing");
        if (missing > 0) {
            double rows = median(contender, delay, "rows");
            return String.format(
                    Locale.ROOT, "%,.0f of %,.0f in %.0f s", rows - missing, rows, median(contender, delay, "limit_s"));
        }
        return figure(contender, delay, name, unit);
    }

    String figure(String contender, int delay, String name, String unit) {
        List<Double> values = values(contender, delay, name);
        if (values.isEmpty()) {
            return NONE;
        }
        String median = number(Figures.median(values)) + unit;
        String least = number(Figures.quantile(values, 0));
        String greatest = number(Figures.quantile(values, 1));
        return least.equals(greatest) ? median : median + " (" + least + " to " + greatest + ")";
    }

    double median(String contender, int delay, String name) {
        List<Double> values = values(contender, delay, name);
        return values.isEmpty() ? 0 : Figures.median(values);
    }

    /** Added up over the rounds. */
    String sum(String contender, int delay, String name) {
        List<Double> values = values(contender, delay, name);
        return values.isEmpty()
                ? NONE
                : number(values.stream().mapToDouble(Double::doubleValue).sum());
    }

    private List<Double> values(String contender, int delay, String name) {
        return file.figures().stream()
                .filter(figure -> figure.contender().equals(contender)
                        && figure.delayMillis() == delay
                        && figure.name().equals(name))
                .map(ResultFile.Figure::value)
                .toList();
    }

    /** Three digits say enough. */
    static String number(double value) {
        return String.format(
                        Locale.ROOT,
                        value != 0 && value < 10 ? "%.2f" : value < 100 && value != 0 ? "%.1f" : "%,.0f",
                        value)
                .replaceAll("\\.0+$", "");
    }
}
