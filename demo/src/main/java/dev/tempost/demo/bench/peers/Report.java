package dev.tempost.demo.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The page {@code docs/benchmarks.md}: prose that is written by hand, and tables and drawings of the newest result file of each
 * scenario where the prose says {@code <!-- peers SCENARIO -->}.
 */
final class Report {

    private static final String IMAGES = "docs/images/peers/";

    private final Map<Scenario, ResultFile> results;
    private final Map<String, String> files = new LinkedHashMap<>();

    private Report(Map<Scenario, ResultFile> results) {
        this.results = results;
    }

    static Path results(Path repository) {
        return repository.resolve("docs/benchmarks/results");
    }

    /** The page and its drawings, by their paths in the repository. */
    static Map<String, String> files(Path repository) throws IOException {
        String prose = Files.readString(repository.resolve("docs/benchmarks/benchmarks.md.in"));
        Report report = new Report(ResultFile.newest(results(repository)));
        report.files.put("docs/benchmarks.md", report.page(prose));
        return report.files;
    }

    private String page(String prose) {
        String page = prose;
        for (Scenario scenario : Scenario.values()) {
            ResultFile file = results.get(scenario);
            page = page.replace(
                    "<!-- peers " + scenario.name().toLowerCase(Locale.ROOT) + " -->\n",
                    file == null ? "Not measured yet.\n" : section(scenario, file));
        }
        return page;
    }

    private String section(Scenario scenario, ResultFile file) {
        Cells cells = new Cells(file);
        String table = switch (scenario) {
            case THROUGHPUT -> throughput(cells);
            case LATENCY -> latency(cells);
            case URGENT -> urgent(cells);
            case OUTAGE -> recovery(cells, "after its return");
            case KILL -> recovery(cells, "after the kill");
        };
        return table + "\n" + about(scenario, file);
    }

    private String throughput(Cells cells) {
        List<String> columns = new ArrayList<>(List.of(""));
        cells.delays().forEach(delay -> columns.add("rows/s at " + delay + " ms a mail"));
        int first = cells.delays().getFirst();
        columns.addAll(List.of(
                "CPU ms a row at " + first + " ms: itself", "PostgreSQL", "Temporal", "sink", "most memory, MB"));
        Table table = new Table(columns);
        for (String contender : cells.contenders()) {
            List<String> line = new ArrayList<>(List.of(contender));
            cells.delays().forEach(delay -> line.add(cells.complete(contender, delay, "per_second", "")));
            for (String process : List.of("contender", "postgresql", "temporal", "sink")) {
                line.add(cells.figure(contender, first, "cpu_" + process + "_ms", ""));
            }
            line.add(cells.figure(contender, first, "memory_mb", ""));
            table.add(line);
        }
        return table + "\n" + plots(cells, "throughput", "Rows a second", "per_second", "");
    }

    private String latency(Cells cells) {
        List<String> columns = new ArrayList<>(List.of(""));
        cells.delays().forEach(delay -> columns.addAll(List.of("p50 at " + delay + " ms a mail", "p99")));
        Table table = new Table(columns);
        for (String contender : cells.contenders()) {
            List<String> line = new ArrayList<>(List.of(contender));
            for (int delay : cells.delays()) {
                line.add(cells.complete(contender, delay, "p50_ms", " ms"));
                line.add(cells.complete(contender, delay, "p99_ms", " ms"));
            }
            table.add(line);
        }
        return table + "\n" + plots(cells, "latency", "Commit to acceptance at 20 rows a second, p50", "p50_ms", " ms");
    }

    private static String urgent(Cells cells) {
        Table table = new Table(List.of("", "p50", "worst"));
        int delay = cells.delays().getFirst();
        for (String contender : cells.contenders()) {
            table.add(List.of(
                    contender,
                    cells.complete(contender, delay, "p50_ms", " ms"),
                    cells.complete(contender, delay, "worst_ms", " ms")));
        }
        return table.toString();
    }

    private static String recovery(Cells cells, String since) {
        Table table = new Table(List.of(
                "",
                "last row, seconds " + since,
                "not delivered by then",
                "sent twice",
                "of these not recorded as such"));
        int delay = cells.delays().getFirst();
        for (String contender : cells.contenders()) {
            table.add(List.of(
                    contender,
                    cells.complete(contender, delay, "seconds", " s"),
                    cells.sum(contender, delay, "missing"),
                    cells.sum(contender, delay, "doubled"),
                    cells.sum(contender, delay, "unflagged")));
        }
        return table.toString();
    }

    private String plots(Cells cells, String name, String title, String figure, String unit) {
        StringBuilder links = new StringBuilder();
        for (int delay : cells.delays()) {
            List<BarPlot.Bar> bars = cells.contenders().stream()
                    .map(contender -> new BarPlot.Bar(
                            contender,
                            contender.startsWith("tempost"),
                            cells.median(contender, delay, figure),
                            cells.complete(contender, delay, figure, unit)))
                    .toList();
            String heading = title + ", " + delay + " ms a mail";
            String path = IMAGES + name + "-" + delay + ".svg";
            files.put(path, BarPlot.draw(heading, bars));
            links.append("![")
                    .append(heading)
                    .append("](")
                    .append(path.substring("docs/".length()))
                    .append(")\n");
        }
        return links.toString();
    }

    private static String about(Scenario scenario, ResultFile file) {
        List<String> about = new ArrayList<>();
        file.about().forEach((name, value) -> about.add(name + " " + value));
        return "Measured with: " + String.join("; ", about) + ". One line again: `./tempost bench peers --scenario "
                + scenario.name().toLowerCase(Locale.ROOT) + " --contender NAME`.\n";
    }
}
