package dev.tempost.demo.bench.peers;

import java.util.List;
import java.util.Locale;

/** Bars below each other, as SVG that a light and a dark page can show. */
final class BarPlot {

    private static final int WIDTH = 860;
    private static final int LEFT = 230;
    private static final int LONGEST = 480;
    private static final int TOP = 48;
    private static final int LINE = 24;

    private BarPlot() {}

    /**
     * A bar.
     *
     * @param ours whether it stands out
     * @param words what is written behind it
     */
    record Bar(String name, boolean ours, double value, String words) {}

    static String draw(String title, List<Bar> bars) {
        double greatest =
                Math.max(1e-9, bars.stream().mapToDouble(Bar::value).max().orElse(1));
        StringBuilder svg =
                new StringBuilder(String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" role="img" aria-labelledby="t" \
                font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14">
                  <title id="t">%3$s</title>
                  <style>
                    .bg { fill: #ffffff } .t { fill: #14213d; font-weight: 600 } .s { fill: #42526b; font-size: 12px }
                    .b0 { fill: #1d4ed8 } .b1 { fill: #b45309 }
                    @media (prefers-color-scheme: dark) {
                      .bg { fill: #0d1117 } .t { fill: #e6edf3 } .s { fill: #a9b7cb }
                      .b0 { fill: #7aa2ff } .b1 { fill: #f0a35e }
                    }
                  </style>
                  <rect class="bg" width="%1$d" height="%2$d" rx="8"/>
                  <text class="t" x="20" y="28">%3$s</text>
                """, WIDTH, TOP + LINE * bars.size() + 16, title));
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            int y = TOP + i * LINE;
            double length = Math.max(1, LONGEST * bar.value() / greatest);
            svg.append(String.format(
                    Locale.ROOT,
                    """
                      <text class="s" x="%d" y="%d" text-anchor="end">%s</text>
                      <rect class="b%d" x="%d" y="%d" width="%.1f" height="14" rx="2"/>
                      <text class="s" x="%.1f" y="%d">%s</text>
                    """,
                    LEFT - 10,
                    y + 12,
                    bar.name(),
                    bar.ours() ? 1 : 0,
                    LEFT,
                    y,
                    length,
                    LEFT + length + 8,
                    y + 12,
                    bar.words()));
        }
        return svg.append("</svg>\n").toString();
    }
}
