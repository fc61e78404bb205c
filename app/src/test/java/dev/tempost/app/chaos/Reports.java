package dev.tempost.app.chaos;

import dev.tempost.app.chaos.check.Violation.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The reports of all runs in a folder: one JSON file each, and one Markdown file that adds them up. */
final class Reports {

    // a report written before a figure was added has none of it
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private static final String HEAD = """
        | seed | minutes | rows | kills: Tempost, Temporal, PostgreSQL | faults | attempts not accepted | ambiguous \
        | duplicates recorded | duplicates unrecorded | lost | rolled back sent | other violations |
        |---|---|---|---|---|---|---|---|---|---|---|---|
        """;

    private final Path folder;

    Reports(Path folder) {
        this.folder = folder;
    }

    /** Adds one, and writes the sum anew; returns the Markdown. */
    String add(Report report) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("chaos-" + report.seed() + ".json"), JSON.writeValueAsString(report));
        Files.writeString(folder.resolve("chaos-" + report.seed() + ".md"), details(report));
        String sum = table(all());
        Files.writeString(folder.resolve("chaos.md"), sum);
        return sum;
    }

    private List<Report> all() throws IOException {
        List<Report> reports = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".json"))
                    .sorted()
                    .toList()) {
                reports.add(JSON.readValue(Files.readString(file), Report.class));
            }
        }
        reports.sort(Comparator.comparing(Report::startedAt));
        return reports;
    }

    static String table(List<Report> reports) {
        StringBuilder table = new StringBuilder(HEAD);
        reports.forEach(report -> table.append(line(Long.toString(report.seed()), List.of(report))));
        if (reports.size() > 1) {
            table.append(line("**all**", reports));
        }
        return table.toString();
    }

    private static String line(String name, List<Report> reports) {
        return "| "
                + String.join(
                        " | ",
                        name,
                        sum(reports, Report::minutes),
                        sum(reports, report -> report.counts().rows()),
                        sum(reports, Report::allKills) + ": " + kills(reports, "tempost") + ", "
                                + kills(reports, "temporal") + ", " + kills(reports, "postgresql"),
                        sum(reports, Report::allFaults),
                        sum(
                                reports,
                                report -> Report.sum(report.counts().phases())
                                        - report.counts().phases().getOrDefault("accepted", 0)),
                        sum(
                                reports,
                                report -> report.counts().phases().getOrDefault("ambiguous", 0)
                                        + report.counts().lateAcceptances()),
                        sum(reports, report -> report.counts().duplicatesRecorded()),
                        sum(
                                reports,
                                report -> report.counts().duplicates()
                                        - report.counts().duplicatesRecorded()),
                        sum(reports, report -> report.of(Kind.LOST) + report.of(Kind.STUCK)),
                        sum(reports, report -> report.of(Kind.ROLLED_BACK_SENT)),
                        sum(
                                reports,
                                report -> Report.sum(report.violations())
                                        - report.of(Kind.LOST)
                                        - report.of(Kind.STUCK)
                                        - report.of(Kind.ROLLED_BACK_SENT)
                                        - report.of(Kind.UNRECORDED_DUPLICATE)))
                + " |\n";
    }

    private static String kills(List<Report> reports, String part) {
        return sum(reports, report -> report.kills().getOrDefault(part, 0));
    }

    private static String sum(List<Report> reports, ToDoubleFunction<Report> figure) {
        double sum = reports.stream().mapToDouble(figure).sum();
        return sum == Math.rint(sum) ? Long.toString((long) sum) : String.format(Locale.ROOT, "%.1f", sum);
    }

    private static String details(Report report) {
        StringBuilder text = new StringBuilder("# Chaos, seed " + report.seed() + "\n\n");
        text.append(table(List.of(report))).append('\n');
        text.append(report.rested() ? "At rest " : "NOT at rest ")
                .append(String.format(Locale.ROOT, "%.1f", report.minutesToRest()))
                .append(" minutes after the last kill. ")
                .append(report.diedByThemselves())
                .append(" processes ended by themselves, ")
                .append(report.deafToStop())
                .append(" did not stop when asked.\n\n");
        text.append("Counts: ").append(report.counts()).append("\n\n");
        text.append("Operator: ").append(report.operator()).append("\n\n| boundary and fault | times |\n|---|---|\n");
        report.faults().forEach((fault, times) -> text.append("| " + fault + " | " + times + " |\n"));
        text.append("\n| boundary | steps |\n|---|---|\n");
        report.steps().forEach((boundary, times) -> text.append("| " + boundary + " | " + times + " |\n"));
        text.append("\nViolations: ").append(report.violations()).append("\n\n");
        report.stories().forEach(story -> text.append("- ").append(story).append('\n'));
        return text.toString();
    }
}
