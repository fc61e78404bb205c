package dev.tempost.demo.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Lines over one axis, as SVG that a light and a dark page can show. */
final class LinePlot {

    private static final int WIDTH = 860;
    private static final int HEIGHT = 360;
    private static final int LEFT = 70;
    private static final int RIGHT = 840;
    private static final int TOP = 60;
    private static final int BOTTOM = 300;
    private static final int STEPS = 4;

    private final String title;
    private final String across;
    private final String up;

    /** @param across what the horizontal axis counts; {@code up} what the vertical one does */
    LinePlot(String title, String across, String up) {
        this.title = title;
        this.across = across;
        this.up = up;
    }

    record Point(double x, double y) {}

    /** @param series by name; at most two, each from left to right */
    String draw(Map<String, List<Point>> series) {
        double greatestX = nice(greatest(series, true));
        double greatestY = nice(greatest(series, false));
        StringBuilder svg = new StringBuilder(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" role="img" aria-labelledby="t" \
                font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14">
                  <title id="t">%3$s</title>
                  <style>
                    .bg { fill: #ffffff } .t { fill: #14213d; font-weight: 600 } .s { fill: #42526b; font-size: 12px }
                    .g { stroke: #d5dbe5 } .l0 { stroke: #b45309 } .l1 { stroke: #1d4ed8 }
                    .l0, .l1 { fill: none; stroke-width: 1.8 }
                    @media (prefers-color-scheme: dark) {
                      .bg { fill: #0d1117 } .t { fill: #e6edf3 } .s { fill: #a9b7cb } .g { stroke: #2d3748 }
                      .l0 { stroke: #f0a35e } .l1 { stroke: #7aa2ff }
                    }
                  </style>
                  <rect class="bg" width="%1$d" height="%2$d" rx="8"/>
                  <text class="t" x="%4$d" y="28">%3$s</text>
                """, WIDTH, HEIGHT, title, LEFT));
        for (int step = 0; step <= STEPS; step++) {
            double y = BOTTOM - (BOTTOM - TOP) * step / (double) STEPS;
            double x = LEFT + (RIGHT - LEFT) * step / (double) STEPS;
            line(svg, String.format(Locale.ROOT, "<path class=\"g\" d=\"M%d %.1fH%d\"/>", LEFT, y, RIGHT));
            line(
                    svg,
                    String.format(
                            Locale.ROOT,
                            "<text class=\"s\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                            LEFT - 8,
                            y + 4,
                            number(greatestY * step / STEPS)));
            line(
                    svg,
                    String.format(
                            Locale.ROOT,
                            "<text class=\"s\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                            x,
                            BOTTOM + 20,
                            number(greatestX * step / STEPS)));
        }
        line(svg, String.format(Locale.ROOT, "<text class=\"s\" x=\"%d\" y=\"%d\">%s</text>", LEFT, TOP - 12, up));
        line(
                svg,
                String.format(
                        Locale.ROOT,
                        "<text class=\"s\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                        RIGHT,
                        BOTTOM + 44,
                        across));
        int place = 0;
        for (Map.Entry<String, List<Point>> one : new TreeMap<>(series).entrySet()) {
            String points = one.getValue().stream()
                    .map(point -> String.format(
                            Locale.ROOT,
                            "%.1f,%.1f",
                            LEFT + (RIGHT - LEFT) * point.x() / greatestX,
                            BOTTOM - (BOTTOM - TOP) * point.y() / greatestY))
                    .collect(Collectors.joining(" "));
            line(svg, String.format(Locale.ROOT, "<polyline class=\"l%d\" points=\"%s\"/>", place, points));
            int legend = LEFT + place * 220;
            line(svg, String.format(Locale.ROOT, "<path class=\"l%d\" d=\"M%d %dh24\"/>", place, legend, BOTTOM + 40));
            line(
                    svg,
                    String.format(
                            Locale.ROOT,
                            "<text class=\"s\" x=\"%d\" y=\"%d\">%s</text>",
                            legend + 32,
                            BOTTOM + 44,
                            one.getKey()));
            place++;
        }
        return svg.append("</svg>\n").toString();
    }

    private static void line(StringBuilder svg, String element) {
        svg.append("  ").append(element).append('\n');
    }

    private static double greatest(Map<String, List<Point>> series, boolean across) {
        return series.values().stream()
                .flatMap(List::stream)
                .mapToDouble(point -> across ? point.x() : point.y())
                .max()
                .orElse(1);
    }

    /** The next of 1, 2, 4 and 8 times a power of ten: it has four equal parts that are read easily. */
    private static double nice(double value) {
        double power = Math.pow(10, Math.floor(Math.log10(value)));
        for (double step : new double[] {1, 2, 4, 8}) {
            if (value <= step * power) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.2f", value).replaceAll("0$", "");
    }
}
