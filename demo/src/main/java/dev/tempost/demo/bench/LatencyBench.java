package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a slow mail server costs: rows a second, and how long an urgent row among them takes, at several times a mail takes.
 * Every party is a {@code serve} of its own with a database and a task queue of its own, and they take turns.
 */
public final class LatencyBench {

    private static final int WARM_UP = 1000;
    private static final Duration LONGEST_TURN = Duration.ofSeconds(20);
    private static final Duration BETWEEN_URGENT_ROWS = Duration.ofMillis(500);
    private static final String INSERT =
            "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, priority)";

    private final Progress progress = new Progress(System.out);
    private final List<Duration> latencies;
    private final int rows;
    private final @Nullable Path beside;
    private final boolean split;

    /**
     * @param latencies how long a mail takes, in turn; 0 first, which says how fast rows go without waiting for a server
     * @param rows how many rows a turn, at most
     * @param beside another build's jar, which takes turns with this one; null for none
     * @param split whether one process that starts and one that sends take turns, too
     */
    public LatencyBench(List<Duration> latencies, int rows, @Nullable Path beside, boolean split) {
        this.latencies = List.copyOf(latencies);
        this.rows = rows;
        this.beside = beside;
        this.split = split;
    }

    private record Party(String name, Deployment tempost) {}

    private record Turn(double rowsPerSecond, List<Double> urgentMillis) {}

    /** Runs it and prints the figures. */
    public void run() throws Exception {
        List<Party> parties = new ArrayList<>();
        try (BenchStack stack = BenchStack.start(progress);
                SlowSink sink = new SlowSink()) {
            try {
                String own = System.getProperty("java.class.path");
                if (beside != null) {
                    parties.add(party(stack, sink, "beside", beside.toString(), List.of("starter,worker")));
                }
                parties.add(party(stack, sink, "this build", own, List.of("starter,worker")));
                if (split) {
                    parties.add(party(stack, sink, "split", own, List.of("starter", "worker")));
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
            turn(party, sink, warmUp);
        }
        Map<String, Double> atOnce = new HashMap<>();
        List<String> table = new ArrayList<>();
        for (Duration latency : latencies) {
            sink.take(latency);
            for (Party party : parties) {
                Turn turn = turn(party, sink, rowsAt(latency));
                double rate = turn.rowsPerSecond();
                if (latency.isZero()) {
                    atOnce.put(party.name(), rate);
                }
                double possible = Math.min(atOnce.getOrDefault(party.name(), Double.MAX_VALUE), ceiling(latency));
                table.add(String.format(
                        Locale.ROOT,
                        "%4d ms a mail, %-10s  %5.1f rows/s, %.2f of what is possible; urgent p50 %.0f ms, p99 %.0f ms (%d rows)",
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

    /** Delivers that many rows, with urgent ones coming in between. */
    private static Turn turn(Party party, SlowSink sink, int count) throws Exception {
        sink.forget();
        Map<String, Instant> urgentAt = new HashMap<>();
        try (Connection connection = party.tempost().outbox().getConnection();
                PreparedStatement bulk = connection.prepareStatement(INSERT
                        + " SELECT 'bench', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}', 3"
                        + " FROM generate_series(1, ?) n");
                PreparedStatement urgent = connection.prepareStatement(
                        INSERT + " VALUES ('bench', 'welcome', ?, '{\"name\": \"Ada\"}', 1)")) {
            bulk.setInt(1, count);
            bulk.execute();
            long next = System.nanoTime() + 2 * BETWEEN_URGENT_ROWS.toNanos();
            while (sink.accepted().size() < 0.9 * count) {
                LockSupport.parkNanos(next - System.nanoTime());
                next += BETWEEN_URGENT_ROWS.toNanos();
                String recipient = "urgent" + urgentAt.size() + "@example.com";
                urgent.setString(1, recipient);
                urgentAt.put(recipient, Instant.now());
                urgent.execute();
            }
        }
        BenchStack.await(() -> sink.accepted().size() >= count + urgentAt.size(), count + " mails");
        List<SlowSink.Accepted> mails = sink.accepted();
        return new Turn(
                perSecond(mails),
                mails.stream()
                        .filter(mail -> urgentAt.containsKey(mail.to()))
                        .map(mail -> Duration.between(urgentAt.get(mail.to()), mail.at())
                                        .toNanos()
                                / 1e6)
                        .toList());
    }

    /** In the middle: the beginning and the end are no throughput. */
    private static double perSecond(List<SlowSink.Accepted> mails) {
        int from = mails.size() / 10;
        int to = mails.size() * 9 / 10;
        Duration between = Duration.between(mails.get(from).at(), mails.get(to).at());
        return (to - from) / (between.toNanos() / 1e9);
    }

    private static Party party(
            BenchStack stack, SlowSink sink, String name, String classPath, List<String> processRoles)
            throws Exception {
        Deployment tempost = new Deployment(stack, sink, "bench_" + name.replace(' ', '_'), classPath);
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
