package dev.tempost.demo.bench.peers;

import dev.tempost.app.terminal.Progress;
import dev.tempost.demo.bench.BenchStack;
import dev.tempost.demo.bench.SlowSink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures Tempost beside other libraries. */
@Command(
        name = "peers",
        description = {
            "The same job for Tempost and for other libraries, in turns: commit a row, send one small mail by SMTP. Builds"
                    + " the libraries' processes first (peers/), which fetches their jars; writes a result file per"
                    + " scenario, from which './tempost bench report' makes the page.",
        },
        mixinStandardHelpOptions = true)
public final class PeersCommand implements Callable<Integer> {

    @Option(
            names = "--scenario",
            split = ",",
            defaultValue = "THROUGHPUT,LATENCY,URGENT,OUTAGE,KILL",
            description = "What is measured: ${COMPLETION-CANDIDATES}. Throughput tells memory and CPU, too."
                    + " Defaults to all of them.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Scenario> scenarios;

    @Option(
            names = "--contender",
            split = ",",
            description = "Of whom; a name without a variant is both. Defaults to all of them.")
    private @Nullable List<String> wanted;

    @Option(
            names = "--delay",
            split = ",",
            defaultValue = "0,50,200",
            description = "How many milliseconds the sink takes for a mail, in turn. Urgent, outage and kill take the"
                    + " middle one. Defaults to ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private List<Integer> delays;

    @Option(names = "--rows", defaultValue = "5000", description = "Rows at once. Defaults to ${DEFAULT-VALUE}.")
    private int rows;

    @Option(
            names = "--backlog",
            defaultValue = "10000",
            description = "Rows before the urgent ones. Defaults to ${DEFAULT-VALUE}.")
    private int backlog;

    @Option(
            names = "--outage-rows",
            defaultValue = "1000",
            description = "Rows committed in the outage. Defaults to ${DEFAULT-VALUE}.")
    private int outageRows;

    @Option(
            names = "--outage-seconds",
            defaultValue = "60",
            description = "How long the sink is gone. Defaults to ${DEFAULT-VALUE}.")
    private int outageSeconds;

    @Option(
            names = "--kill-rows",
            defaultValue = "2000",
            description = "Rows of which half go before the kill. Defaults to ${DEFAULT-VALUE}.")
    private int killRows;

    @Option(
            names = "--latency-seconds",
            defaultValue = "30",
            description = "How long 20 rows a second are inserted. Defaults to ${DEFAULT-VALUE}.")
    private int latencySeconds;

    @Option(
            names = "--connections",
            defaultValue = "50",
            description = "Mails on their way at a time: Tempost's setting, and that of the tuned variants. Defaults to"
                    + " ${DEFAULT-VALUE}.")
    private int connections;

    @Option(
            names = "--warm-up-seconds",
            defaultValue = "10",
            description = "For how long rows are delivered before anything is measured. Defaults to ${DEFAULT-VALUE}.")
    private int warmUpSeconds;

    @Option(
            names = "--limit-seconds",
            defaultValue = "120",
            description = "How long rows are waited for. Defaults to ${DEFAULT-VALUE}.")
    private int limitSeconds;

    @Option(
            names = "--recovery-seconds",
            defaultValue = "400",
            description = "The same after an outage or a kill. Defaults to ${DEFAULT-VALUE}.")
    private int recoverySeconds;

    @Option(names = "--rounds", defaultValue = "3", description = "How often. Defaults to ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--results",
            description = "Where the result files go. Defaults to docs/benchmarks/results in the repository.")
    private @Nullable Path results;

    @Override
    public Integer call() throws Exception {
        Path repository = PeerModule.repository();
        PeersBench.Plan plan = new PeersBench.Plan(
                rows,
                backlog,
                outageRows,
                killRows,
                connections,
                Duration.ofSeconds(latencySeconds),
                Duration.ofSeconds(outageSeconds),
                Duration.ofSeconds(warmUpSeconds),
                Duration.ofSeconds(limitSeconds),
                Duration.ofSeconds(recoverySeconds));
        Progress progress = new Progress(System.out);
        progress.say("Building the peers");
        List<PeerModule> modules = PeerModule.build(repository);
        try (BenchStack stack = BenchStack.startDurable(progress);
                SlowSink sink = new SlowSink()) {
            Map<String, Contender.Starter> contenders = chosen(all(modules, stack, sink));
            PeersBench bench = new PeersBench(stack, sink, plan);
            for (Scenario scenario : scenarios) {
                bench.run(
                        scenario,
                        contenders,
                        delaysOf(scenario),
                        rounds,
                        results == null ? Report.results(repository) : results);
            }
        }
        return 0;
    }

    private Map<String, Contender.Starter> all(List<PeerModule> modules, BenchStack stack, SlowSink sink) {
        Map<String, Contender.Starter> all = new LinkedHashMap<>();
        for (PeerModule module : modules) {
            for (String variant : List.of("default", "tuned")) {
                all.put(
                        module.name() + "-" + variant,
                        database -> PeerProcess.start(module, variant, stack, sink.port(), connections, database));
            }
        }
        all.put("tempost-own", database -> TempostContender.start(stack, sink, connections, database, Map.of()));
        all.put(
                "tempost-bulk",
                database -> TempostContender.start(
                        stack, sink, connections, database, Map.of("TEMPOST_DELIVERY_LANE", "bulk")));
        return all;
    }

    private Map<String, Contender.Starter> chosen(Map<String, Contender.Starter> all) {
        if (wanted == null) {
            return all;
        }
        Map<String, Contender.Starter> chosen = new LinkedHashMap<>(all);
        chosen.keySet()
                .removeIf(name -> wanted.stream().noneMatch(one -> name.equals(one) || name.startsWith(one + "-")));
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException("--contender: none of " + wanted + " is one of " + all.keySet());
        }
        return chosen;
    }

    private List<Duration> delaysOf(Scenario scenario) {
        List<Duration> all = delays.stream().map(Duration::ofMillis).toList();
        return switch (scenario) {
            case THROUGHPUT, LATENCY -> all;
            case URGENT, OUTAGE, KILL -> List.of(all.get(all.size() / 2));
        };
    }
}
