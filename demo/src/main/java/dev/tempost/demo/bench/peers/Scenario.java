package dev.tempost.demo.bench.peers;

import dev.tempost.demo.bench.Figures;
import dev.tempost.demo.bench.ServeProcess;
import dev.tempost.demo.bench.SlowSink;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is done with a contender that has warmed up, and what is measured of it. */
enum Scenario {
    /** Rows at once: how fast they go, and what it costs. */
    THROUGHPUT {
        @Override
        Map<String, Double> measure(Contender contender, SlowSink sink, Cpu cpu, PeersBench.Plan plan)
                throws Exception {
            Map<String, Instant> committedAt = backlog(contender, sink, plan.rows());
            Map<String, Long> before = cpu.millis();
            Instant start = Instant.now();
            Received received = Received.await(sink, committedAt, plan.limit());
            Map<String, Double> figures = outcome(received, contender, plan.limit());
            figures.put("per_second", received.perSecond());
            figures.put("seconds", received.secondsSince(start));
            if (Cpu.IS_KNOWN) {
                double came = Math.max(1, received.firstAt().size());
                cpu.millis()
                        .forEach((name, millis) ->
                                figures.put("cpu_" + name + "_ms", (millis - before.getOrDefault(name, 0L)) / came));
                figures.put("memory_mb", (double) ServeProcess.peakResidentMegabytes(contender.pid()));
            }
            return figures;
        }
    },

    /** Twenty rows a second: how long each takes. */
    LATENCY {
        @Override
        Map<String, Double> measure(Contender contender, SlowSink sink, Cpu cpu, PeersBench.Plan plan)
                throws Exception {
            return lags(
                    Received.await(
                            sink,
                            contender.insert(new Contender.Rows(
                                    "row", (int) plan.steady().toSeconds() * 20, 1, 50, false)),
                            plan.limit()),
                    contender,
                    plan.limit());
        }
    },

    /** Urgent rows behind many. */
    URGENT {
        @Override
        Map<String, Double> measure(Contender contender, SlowSink sink, Cpu cpu, PeersBench.Plan plan)
                throws Exception {
            backlog(contender, sink, plan.backlog());
            Map<String, Instant> urgent = contender.insert(new Contender.Rows("urgent", 10, 1, 300, true));
            return lags(Received.await(sink, urgent, plan.limit()), contender, plan.limit());
        }
    },

    /** A minute without a mail server, at whose begin rows are committed. */
    OUTAGE {
        @Override
        Map<String, Double> measure(Contender contender, SlowSink sink, Cpu cpu, PeersBench.Plan plan)
                throws Exception {
            sink.down();
            Instant back = Instant.now().plus(plan.outage());
            try {
                Map<String, Instant> committedAt = contender.insert(Contender.Rows.atOnce("row", plan.outageRows()));
                Thread.sleep(Duration.between(Instant.now(), back));
                sink.up();
                return recovery(
                        Received.await(sink, committedAt, plan.recoveryLimit()), back, contender, plan.recoveryLimit());
            } finally {
                sink.up();
            }
        }
    },

    /** {@code kill -9} when half of the rows are delivered, and a new start. */
    KILL {
        @Override
        Map<String, Double> measure(Contender contender, SlowSink sink, Cpu cpu, PeersBench.Plan plan)
                throws Exception {
            Map<String, Instant> committedAt = backlog(contender, sink, plan.killRows());
            long deadline = System.nanoTime() + plan.limit().toNanos();
            while (sink.accepted().size() < committedAt.size() / 2 && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            contender.kill();
            Instant killed = Instant.now();
            int before = Received.of(committedAt, sink.accepted()).firstAt().size();
            contender.restart();
            Map<String, Double> figures = recovery(
                    Received.await(sink, committedAt, plan.recoveryLimit()), killed, contender, plan.recoveryLimit());
            figures.put("before_kill", (double) before);
            return figures;
        }
    };

    /**
     * Commits rows while the sink accepts nothing: some libraries deliver as fast as they commit, and there would be no
     * backlog.
     */
    private static Map<String, Instant> backlog(Contender contender, SlowSink sink, int count) throws Exception {
        sink.hold();
        try {
            return contender.insert(Contender.Rows.atOnce("row", count));
        } finally {
            sink.release();
        }
    }

    /** Returns figures by their names in the result file. */
    abstract Map<String, Double> measure(Contender contender, SlowSink sink, Cpu cpu, PeersBench.Plan plan)
            throws Exception;

    private static Map<String, Double> outcome(Received received, Contender contender, Duration limit)
            throws Exception {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("limit_s", (double) limit.toSeconds());
        figures.put("rows", (double) received.committedAt().size());
        figures.put("missing", (double) received.missing());
        figures.put("doubled", (double) received.doubled().size());
        figures.put("unflagged", (double) contender.unflagged(received.doubled()));
        return figures;
    }

    private static Map<String, Double> lags(Received received, Contender contender, Duration limit) throws Exception {
        Map<String, Double> figures = outcome(received, contender, limit);
        List<Double> lags = received.lags();
        if (!lags.isEmpty()) {
            figures.put("p50_ms", Figures.median(lags));
            figures.put("p99_ms", Figures.quantile(lags, 0.99));
            figures.put("worst_ms", Figures.quantile(lags, 1));
        }
        return figures;
    }

    private static Map<String, Double> recovery(Received received, Instant since, Contender contender, Duration limit)
            throws Exception {
        Map<String, Double> figures = outcome(received, contender, limit);
        figures.put("seconds", received.secondsSince(since));
        return figures;
    }
}
