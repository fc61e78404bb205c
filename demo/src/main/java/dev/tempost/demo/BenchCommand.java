package dev.tempost.demo;

import dev.tempost.demo.bench.GrowthBench;
import dev.tempost.demo.bench.KillBench;
import dev.tempost.demo.bench.LatencyBench;
import dev.tempost.demo.bench.LimitBench;
import dev.tempost.demo.bench.QueueBench;
import dev.tempost.demo.bench.peers.PeersCommand;
import dev.tempost.demo.bench.peers.ReportCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures, side by side, on an embedded stack. */
@Command(
        name = "bench",
        description = {
            "Measures on an embedded stack and prints ratios. 'limit': deliveries beside empty workflows; 'growth': the"
                    + " claim alone, at many rows, and beside a transaction held open, on PostgreSQL only; 'queue': who"
                    + " waits for whom in a full outbox; 'latency': what a slow mail server costs; 'kill':"
                    + " what kill -9 in the middle of a drain costs.",
        },
        subcommands = {PeersCommand.class, ReportCommand.class},
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

    enum Kind {
        LIMIT,
        GROWTH,
        QUEUE,
        LATENCY,
        KILL
    }

    @Parameters(index = "0", defaultValue = "limit", description = "What to measure: ${COMPLETION-CANDIDATES}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Kind kind;

    @Option(names = "--rows", defaultValue = "3000", description = "Rows a round. Defaults to ${DEFAULT-VALUE}.")
    private int rows;

    @Option(names = "--rounds", defaultValue = "5", description = "Rounds that count. Defaults to ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--latency-seconds",
            defaultValue = "30",
            description = "How long 20 rows a second are inserted. Defaults to ${DEFAULT-VALUE}.")
    private int latencySeconds;

    @Option(
            names = "--memory-rows",
            defaultValue = "10000",
            description = "Rows drained by a process of its own while its memory is read; 0 for none. Defaults to"
                    + " ${DEFAULT-VALUE}.")
    private int memoryRows;

    @Option(
            names = "--finished",
            defaultValue = "5000000",
            description = "growth: finished rows of the large table. Defaults to ${DEFAULT-VALUE}.")
    private int finished;

    @Option(
            names = "--pending",
            defaultValue = "100000",
            description = "growth: pending rows of the large table. Defaults to ${DEFAULT-VALUE}.")
    private int pending;

    @Option(
            names = "--claims",
            defaultValue = "1000",
            description = "growth: claims timed in the small and in the large table. Defaults to ${DEFAULT-VALUE}.")
    private int claims;

    @Option(
            names = "--held",
            defaultValue = "40000",
            description =
                    "growth: rows claimed and finished while a transaction is open. Defaults to" + " ${DEFAULT-VALUE}.")
    private int held;

    @Option(
            names = "--plot",
            defaultValue = "growth.svg",
            description = "growth: where its drawing goes. Defaults to ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path plot;

    @Option(
            names = "--sink-millis",
            split = ",",
            defaultValue = "0,50,200,1000",
            description = "latency: how long a mail takes, in turn. Defaults to ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Integer> sinkMillis;

    @Option(
            names = "--beside",
            description = "latency: another build's tempost-exec.jar, which takes turns with this one.")
    private @Nullable Path beside;

    @Option(
            names = "--replicas",
            split = ",",
            defaultValue = "1",
            description = "latency: how many processes deliver together, in turn. Defaults to ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Integer> replicas;

    @Option(names = "--split", description = "latency: the roles starter and worker in two processes take turns, too.")
    private boolean split;

    @Option(names = "--bulk", description = "latency: as many whose rows travel in batches take turns, too.")
    private boolean bulk;

    @Override
    public Integer call() throws Exception {
        return switch (kind) {
            case LIMIT -> {
                new LimitBench(rows, rounds, Duration.ofSeconds(latencySeconds), memoryRows).run();
                yield 0;
            }
            case GROWTH -> {
                new GrowthBench(finished, pending, claims, held, plot).run();
                yield 0;
            }
            case LATENCY -> {
                new LatencyBench(
                                sinkMillis.stream().map(Duration::ofMillis).toList(),
                                rows,
                                beside,
                                replicas,
                                split,
                                bulk)
                        .run();
                yield 0;
            }
            case KILL -> {
                new KillBench(2_000, rounds).run();
                yield 0;
            }
            case QUEUE -> {
                Map<String, String> figures = new QueueBench(10_000, 90, 1_000, 100, rounds).run();
                System.out.println();
                figures.forEach((name, value) -> System.out.printf(Locale.ROOT, "  %-52s %s%n", name, value));
                yield 0;
            }
        };
    }
}
