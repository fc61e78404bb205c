package dev.tempost.app.command;

import dev.tempost.app.bench.LimitBench;
import dev.tempost.app.bench.QueueBench;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures, side by side, on an embedded stack. */
@Command(
        name = "bench",
        description =
                "Measures on an embedded stack and prints ratios. 'limit': deliveries beside empty workflows; 'queue': who waits for"
                        + " whom in a full outbox.",
        mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {

    enum Kind {
        LIMIT,
        QUEUE
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

    @Override
    public Integer call() throws Exception {
        return switch (kind) {
            case LIMIT -> {
                new LimitBench(rows, rounds, Duration.ofSeconds(latencySeconds), memoryRows).run();
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
