package dev.tempost.demo.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A run of one scenario, as CSV: what it was run with as {@code # name: value}, then a line for each figure.
 *
 * @param about what it was run with
 * @param figures in the order in which they were measured
 */
record ResultFile(Map<String, String> about, List<Figure> figures) {

    private static final String COLUMNS = "contender,delay_ms,round,figure,value";

    /** One figure of one visit. */
    record Figure(String contender, int delayMillis, int round, String name, double value) {

        private String line() {
            return String.format(Locale.ROOT, "%s,%d,%d,%s,%.3f%n", contender, delayMillis, round, name, value);
        }

        private static Figure parse(String line) {
            String[] fields = line.split(",", -1);
            return new Figure(
                    fields[0],
                    Integer.parseInt(fields[1]),
                    Integer.parseInt(fields[2]),
                    fields[3],
                    Double.parseDouble(fields[4]));
        }
    }

    /** Begins a file. */
    static void begin(Path file, Map<String, String> about) throws IOException {
        StringBuilder head = new StringBuilder();
        about.forEach((name, value) ->
                head.append("# ").append(name).append(": ").append(value).append('\n'));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, head.append(COLUMNS).append('\n'));
    }

    static void append(Path file, List<Figure> figures) throws IOException {
        for (Figure figure : figures) {
            Files.writeString(file, figure.line(), StandardOpenOption.APPEND);
        }
    }

    static ResultFile read(Path file) {
        Map<String, String> about = new LinkedHashMap<>();
        List<Figure> figures = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith("# ")) {
                    String[] words = line.substring(2).split(": ", 2);
                    about.put(words[0], words[1]);
                } else if (!line.equals(COLUMNS)) {
                    figures.add(Figure.parse(line));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ResultFile(about, figures);
    }

    /** The newest file of each scenario in a folder: their names are {@code <time>-<scenario>.csv}. */
    static Map<Scenario, ResultFile> newest(Path folder) throws IOException {
        Map<Scenario, ResultFile> newest = new TreeMap<>();
        if (!Files.isDirectory(folder)) {
            return newest;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                for (Scenario scenario : Scenario.values()) {
                    if (name.endsWith("-" + scenario.name().toLowerCase(Locale.ROOT) + ".csv")) {
                        newest.put(scenario, read(file));
                    }
                }
            }
        }
        return newest;
    }

    static String name(String time, Scenario scenario) {
        return time + "-" + scenario.name().toLowerCase(Locale.ROOT) + ".csv";
    }
}
