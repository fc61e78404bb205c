package dev.tempost.demo.bench.peers;

import dev.tempost.app.terminal.Progress;
import dev.tempost.demo.bench.BenchStack;
import dev.tempost.demo.bench.SlowSink;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The same job for Tempost and other libraries, in turns: commit a row, send one small mail. Each visit to a contender has a
 * process, a database and a warm-up of its own, and nothing else runs meanwhile.
 */
final class PeersBench {

    /** Of every contender's process. */
    static final String HEAP = "512m";

    private static final int WARM_UP_ROWS = 300;
    private static final Duration WARM_UP_LIMIT = Duration.ofMinutes(3);

    /**
     * How much is done.
     *
     * @param rows at once, for throughput
     * @param backlog rows that the urgent ones find before them
     * @param outageRows committed while the sink is gone
     * @param killRows of which half are delivered before the kill
     * @param connections how many mails may be on their way at a time: Tempost's setting, and that of the tuned variants
     * @param steady how long twenty rows a second come
     * @param outage how long the sink is gone
     * @param warmUp for how long rows are delivered before anything is measured, at least
     * @param limit how long rows are waited for
     * @param recoveryLimit the same after an outage or a kill
     */
    record Plan(
            int rows,
            int backlog,
            int outageRows,
            int killRows,
            int connections,
            Duration steady,
            Duration outage,
            Duration warmUp,
            Duration limit,
            Duration recoveryLimit) {

        Map<String, String> about() {
            Map<String, String> about = new LinkedHashMap<>();
            about.put("connections", Integer.toString(connections));
            about.put("warm-up", warmUp.toSeconds() + " s at least");
            about.put("rows at once", Integer.toString(rows));
            about.put("rows before the urgent ones", Integer.toString(backlog));
            about.put("rows in the outage", outageRows + ", outage " + outage.toSeconds() + " s");
            about.put("rows around the kill", Integer.toString(killRows));
            about.put(
                    "waited", limit.toSeconds() + " s, after an outage or a kill " + recoveryLimit.toSeconds() + " s");
            return about;
        }
    }

    private final Progress progress = new Progress(System.out);
    private final BenchStack stack;
    private final SlowSink sink;
    private final Plan plan;
    private final long database;
    private final long temporal;
    private int visits;

    PeersBench(BenchStack stack, SlowSink sink, Plan plan) throws Exception {
        this.stack = stack;
        this.sink = sink;
        this.plan = plan;
        this.database = Machine.postgreSql(stack.database().dataSource());
        this.temporal = Machine.child("temporal");
    }

    /**
     * Runs one scenario, each contender in its turn.
     *
     * @param contenders by name; one that does not start is left out from then on
     */
    void run(
            Scenario scenario,
            Map<String, Contender.Starter> contenders,
            List<Duration> delays,
            int rounds,
            Path results)
            throws Exception {
        String time = LocalDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HHmm"));
        Path file = results.resolve(ResultFile.name(time, scenario));
        ResultFile.begin(file, about());
        Map<String, Contender.Starter> left = new LinkedHashMap<>(contenders);
        for (int round = 1; round <= rounds; round++) {
            for (Duration delay : delays) {
                for (Map.Entry<String, Contender.Starter> contender : List.copyOf(left.entrySet())) {
                    String name = contender.getKey();
                    String title = String.format(
                            Locale.ROOT,
                            "%s, %d ms a mail, round %d: %s",
                            scenario.name().toLowerCase(Locale.ROOT),
                            delay.toMillis(),
                            round,
                            name);
                    try {
                        Map<String, Double> figures = visit(scenario, contender.getValue(), delay);
                        progress.say(title + " " + inWords(figures));
                        List<ResultFile.Figure> lines = new ArrayList<>();
                        for (Map.Entry<String, Double> figure : figures.entrySet()) {
                            lines.add(new ResultFile.Figure(
                                    name, (int) delay.toMillis(), round, figure.getKey(), figure.getValue()));
                        }
                        ResultFile.append(file, lines);
                    } catch (Exception e) {
                        progress.say(title + " is left out from now on: " + firstLines(e));
                        left.remove(name);
                    }
                }
            }
        }
        progress.say("Written to " + file);
    }

    private Map<String, Double> visit(Scenario scenario, Contender.Starter starter, Duration delay) throws Exception {
        String name = "peers_" + ++visits;
        sink.take(Duration.ZERO);
        try (Contender contender = starter.start(name)) {
            warmUp(contender);
            sink.take(delay);
            sink.forget();
            Map<String, Long> processes = new LinkedHashMap<>();
            processes.put("contender", contender.pid());
            processes.put("temporal", temporal);
            processes.put("sink", ProcessHandle.current().pid());
            return scenario.measure(contender, sink, new Cpu(processes, database), plan);
        } finally {
            stack.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
        }
    }

    private void warmUp(Contender contender) throws Exception {
        Instant end = Instant.now().plus(plan.warmUp());
        int times = 0;
        do {
            Received received = Received.await(
                    sink, contender.insert(Contender.Rows.atOnce("warm" + ++times + "-", WARM_UP_ROWS)), WARM_UP_LIMIT);
            if (received.missing() > 0) {
                throw new IllegalStateException(received.missing() + " of " + WARM_UP_ROWS
                        + " rows did not come within " + WARM_UP_LIMIT + " while it warmed up");
            }
        } while (Instant.now().isBefore(end));
    }

    private Map<String, String> about() throws Exception {
        Map<String, String> about =
                new LinkedHashMap<>(Machine.about(stack.database().dataSource()));
        about.put("heap of each contender", HEAP);
        about.putAll(plan.about());
        return about;
    }

    /** Why a process ended is at the begin of what it said. */
    private static String firstLines(Exception e) {
        return String.valueOf(e.getMessage()).lines().limit(3).collect(Collectors.joining(" "));
    }

    private static String inWords(Map<String, Double> figures) {
        List<String> words = new ArrayList<>();
        new LinkedHashMap<>(figures)
                .forEach((name, value) -> words.add(String.format(Locale.ROOT, "%s %.1f", name, value)));
        return String.join(", ", words);
    }
}
