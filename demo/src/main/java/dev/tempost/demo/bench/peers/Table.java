package dev.tempost.demo.bench.peers;

import java.util.ArrayList;
import java.util.List;

/** A table in Markdown. */
final class Table {

    private final List<List<String>> lines = new ArrayList<>();

    Table(List<String> columns) {
        lines.add(columns);
        lines.add(columns.stream().map(column -> "---").toList());
    }

    void add(List<String> line) {
        lines.add(line);
    }

    @Override
    public String toString() {
        StringBuilder table = new StringBuilder();
        lines.forEach(
                line -> table.append("| ").append(String.join(" | ", line)).append(" |\n"));
        return table.toString();
    }
}
