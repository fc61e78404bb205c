package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.embedded.Ports;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How the claim bears growth, on an embedded PostgreSQL and nothing else: how fast it is alone, and what many finished rows, or
 * a transaction that somebody holds open, add to it. What is compared takes turns, so that both sides meet the same weather.
 */
public final class GrowthBench {

    private static final int BATCH = 500;
    private static final int BATCHES_A_ROUND = 20;
    private static final int ROUNDS = 10;
    private static final int ROWS_A_CLAIM = 16;
    private static final int CLAIMS_A_POINT = 50;
    private static final int SMALL = 1_000;

    private final Progress progress = new Progress(System.out);
    private final Map<String, String> figures = new LinkedHashMap<>();
    private final int finished;
    private final int pending;
    private final int claims;
    private final int held;
    private final Path plot;

    /**
     * @param finished finished rows of the large table; the small one has 1,000
     * @param pending pending rows of the large table; the small one has 1,000
     * @param claims how many claims of 16 rows are timed in each
     * @param held how many rows are claimed and finished while a transaction stays open
     * @param plot where the drawing of the last goes
     */
    public GrowthBench(int finished, int pending, int claims, int held, Path plot) {
        this.finished = finished;
        this.pending = pending;
        this.claims = claims;
        this.held = held;
        this.plot = plot;
    }

    /** Runs it and prints the figures. */
    public void run() throws Exception {
        progress.say("Starting PostgreSQL");
        try (EmbeddedPostgreSql server = EmbeddedPostgreSql.start(Ports.any())) {
            alone(server);
            growth(server);
            new HeldTransaction(held, plot, progress).measure(server, this::figure);
            figures.putAll(new CrowdedOutbox(server, progress, claims).run());
        }
        System.out.println();
        figures.forEach((name, value) -> System.out.printf(Locale.ROOT, "  %-52s %s%n", name, value));
        System.out.println("  drawn in " + plot.toAbsolutePath());
    }

    private void alone(EmbeddedPostgreSql server) throws Exception {
        int rowsARound = BATCH * BATCHES_A_ROUND;
        // one round of both is not counted
        int rows = 2 * rowsARound * (ROUNDS + 1);
        progress.say("Claiming alone: " + rows + " pending rows");
        try (GrowingOutbox outbox = new GrowingOutbox(server.database("alone"))) {
            outbox.fill(0, rows);
            Pgbench pgbench = new Pgbench(server.port(), "alone", BATCH);
            List<Double> perSecond = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            for (int round = 0; round <= ROUNDS; round++) {
                double seconds = outbox.claimSeconds(BATCH, BATCHES_A_ROUND);
                OptionalDouble other = pgbench.seconds(BATCHES_A_ROUND);
                if (round > 0) {
                    perSecond.add(rowsARound / seconds);
                    other.ifPresent(of -> ratios.add(seconds / of));
                }
            }
            figure(
                    "claiming alone, batches of " + BATCH + ", one connection",
                    String.format(
                            Locale.ROOT,
                            "%.0f rows/s (%.0f to %.0f)",
                            Figures.median(perSecond),
                            Figures.quantile(perSecond, 0),
                            Figures.quantile(perSecond, 1)));
            figure(
                    "time beside the same statement run by pgbench",
                    ratios.isEmpty() ? "not measured: no pgbench in PATH or /usr/lib/postgresql" : ratio(ratios));
        }
    }

    private void growth(EmbeddedPostgreSql server) throws SQLException {
        try (GrowingOutbox small = new GrowingOutbox(server.database("small"));
                GrowingOutbox large = new GrowingOutbox(server.database("large"))) {
            small.fill(SMALL, SMALL);
            progress.say("Filling a table with " + finished + " finished and " + pending + " pending rows");
            large.fill(finished, pending);
            progress.say(claims + " claims of " + ROWS_A_CLAIM + " rows in each of both");
            List<Double> inSmall = new ArrayList<>();
            List<Double> inLarge = new ArrayList<>();
            for (int i = -CLAIMS_A_POINT; i < claims; i++) {
                double ofSmall = small.claimFinishReplace(ROWS_A_CLAIM);
                double ofLarge = large.claimFinishReplace(ROWS_A_CLAIM);
                if (i >= 0) {
                    inSmall.add(ofSmall);
                    inLarge.add(ofLarge);
                }
            }
            figure(
                    "a claim at " + SMALL + " finished, " + SMALL + " pending",
                    String.format(Locale.ROOT, "%.2f ms, median", Figures.median(inSmall)));
            figure(
                    "a claim at " + finished + " finished, " + pending + " pending",
                    String.format(
                            Locale.ROOT,
                            "%.2f ms, median; %.2f times that",
                            Figures.median(inLarge),
                            Figures.median(inLarge) / Figures.median(inSmall)));
        }
    }

    private void figure(String name, String value) {
        figures.put(name, value);
        progress.say(name + ": " + value);
    }

    private static String ratio(List<Double> ratios) {
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f to %.2f)",
                Figures.median(ratios),
                Figures.quantile(ratios, 0),
                Figures.quantile(ratios, 1));
    }
}
