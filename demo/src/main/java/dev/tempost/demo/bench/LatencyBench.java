package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a slow mail server costs: rows a second, and how long an urgent row among them takes, at several times a mail takes.
 * Every party is a {@code serve} of its own with a database and a task queue of its own, and they take turns.
 */
public final class LatencyBench {

    private static final int WARM_UP = 1000;
    private static final Duration LONGEST_TURN = Duration.ofSeconds(20);
    private final Progress progress = new Progress(System.out);
    private final List<Duration> latencies;
    private final int rows;
    private final @Nullable Path beside;
    private final List<Integer> replicas;
    private final boolean split;
    private final boolean bulk;

    /**
     * @param latencies how long a mail takes, in turn; 0 first, which says how fast rows go without waiting for a server
     * @param rows how many rows a turn, at most
     * @param beside another build's jar, which takes turns with this one; null for none
     * @param replicas how many processes deliver together, in turn
     * @param split whether one process that starts and one that sends take turns, too
     * @param bulk whether as many whose rows travel in batches take turns, too
     */
    public LatencyBench(
            List<Duration> latencies,
            int rows,
            @Nullable Path beside,
            List<Integer> replicas,
            boolean split,
            boolean bulk) {
        this.latencies = List.copyOf(latencies);
        this.rows = rows;
        this.beside = beside;
        this.replicas = List.copyOf(replicas);
        this.split = split;
        this.bulk = bulk;
    }

    private record Party(String name, Deployment tempost) {}

    /** Runs it and prints the figures. */
    public void run() throws Exception {
        List<Party> parties = new ArrayList<>();
        try (BenchStack stack = BenchStack.start(progress);
                SlowSink sink = new SlowSink()) {
            try {
                String own = System.getProperty("java.class.path");
                if (beside != null) {
                    parties.add(party(stack, sink, "beside", beside.toString(), List.of("starter,worker"), Map.of()));
                }
                for (int together : replicas) {
                    List<String> roles = Collections.nCopies(together, "starter,worker");
                    String name = together == 1 ? "this build" : together + " replicas";
                    parties.add(party(stack, sink, name, own, roles, Map.of()));
                    if (bulk) {
                        Map<String, String> lane = Map.of("TEMPOST_DELIVERY_LANE", "bulk");
                        parties.add(party(stack, sink, name + " in bulk", own, roles, lane));
                    }
                }
                if (split) {
                    parties.add(party(stack, sink, "split", own, List.of("starter", "worker"), Map.of()));
                }
                measure(sink, parties);
            } finally {
                parties.forEach(party -> party.tempost().close());
            }
        }
    }

    private void measure(SlowSink sink, List<Party> parties) throws Exception {
        int warmUp = Math.min(rows, WARM_UP);
        for (Party party : parties) {
            progress.say("Warming up " + party.name() + " with " + warmUp + " rows");
            Turn.of(party.tempost(), sink, warmUp);
        }
        Map<String, Double> atOnce = new HashMap<>();
        List<String> table = new ArrayList<>();
        for (Duration latency : latencies) {
            sink.take(latency);
            for (Party party : parties) {
                Turn turn = Turn.of(party.tempost(), sink, rowsAt(latency));
                double rate = turn.rowsPerSecond();
                if (latency.isZero()) {
                    atOnce.put(party.name(), rate);
                }
                double possible = Math.min(atOnce.getOrDefault(party.name(), Double.MAX_VALUE), ceiling(latency));
                table.add(String.format(
                        Locale.ROOT,
                        "%4d ms a mail, %-18s  %6.1f rows/s, %.2f of what is possible; urgent p50 %.0f ms, p99 %.0f ms (%d rows)",
                        latency.toMillis(),
                        party.name(),
                        rate,
                        rate / possible,
                        Figures.median(turn.urgentMillis()),
                        Figures.quantile(turn.urgentMillis(), 0.99),
                        turn.urgentMillis().size()));
                progress.say(table.getLast());
            }
        }
        System.out.println();
        table.forEach(line -> System.out.println("  " + line));
    }

    private static double ceiling(Duration latency) {
        return latency.isZero() ? Double.MAX_VALUE : Deployment.CONNECTIONS * 1000.0 / latency.toMillis();
    }

    private int rowsAt(Duration latency) {
        return (int) Math.min(rows, ceiling(latency) * LONGEST_TURN.toSeconds());
    }

    private static Party party(
            BenchStack stack,
            SlowSink sink,
            String name,
            String classPath,
            List<String> processRoles,
            Map<String, String> environment)
            throws Exception {
        Deployment tempost = new Deployment(stack, sink, "bench_" + name.replace(' ', '_'), classPath, environment);
        try {
            for (String roles : processRoles) {
                tempost.start(roles);
            }
            tempost.awaitSchema();
        } catch (Exception e) {
            tempost.close();
            throw new IllegalStateException(name + " did not come up", e);
        }
        return new Party(name, tempost);
    }
}
