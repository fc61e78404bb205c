package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.Attributes;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * How close deliveries come to the limit that Temporal sets: empty workflows and deliveries in turn, on one embedded stack, in
 * one process, with the same options.
 */
public final class LimitBench {

    private static final int CAPACITY = 16;
    // short enough that both sides of a ratio meet the same weather
    private static final int SLICE = 500;

    private final Progress progress = new Progress(System.out);
    private final int rows;
    private final int rounds;
    private final Duration latencyRun;
    private final int memoryRows;

    /**
     * @param rows rows a round, and empty workflows a round
     * @param rounds how many rounds are counted, after one that is not
     * @param latencyRun how long 20 rows a second are inserted one by one
     * @param memoryRows how many rows a process of its own drains while its memory is read; 0 to leave that out
     */
    public LimitBench(int rows, int rounds, Duration latencyRun, int memoryRows) {
        this.rows = rows;
        this.rounds = rounds;
        this.latencyRun = latencyRun;
        this.memoryRows = memoryRows;
    }

    /** Runs it and prints the figures. */
    public void run() throws Exception {
        try (BenchStack stack = BenchStack.start(progress)) {
            Map<String, String> settings = stack.settings();
            Map<String, String> figures = new LinkedHashMap<>();
            try (ConfigurableApplicationContext application = stack.application(settings)) {
                WorkflowClient client = application.getBean(WorkflowClient.class);
                throughput(client, application.getBean(Attributes.class), stack, figures);
                new SteadyRows(latencyRun, progress).measure(stack, figures);
                events(client, stack, figures);
            }
            if (memoryRows > 0) {
                figures.put(
                        "memory of serve draining " + memoryRows + " rows",
                        String.format(Locale.ROOT, "%d MB resident at most", memory(settings, stack)));
            }
            System.out.println();
            figures.forEach((name, value) -> System.out.printf(Locale.ROOT, "  %-44s %s%n", name, value));
        }
    }

    private void throughput(WorkflowClient client, Attributes attributes, BenchStack stack, Map<String, String> figures)
            throws Exception {
        List<Double> empty = new ArrayList<>();
        List<Double> delivered = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        try (EmptyWorkflows workflows = new EmptyWorkflows(client, attributes, CAPACITY)) {
            for (int round = 0; round <= rounds; round++) {
                double emptySeconds = 0;
                double ourSeconds = 0;
                for (int left = rows; left > 0; left -= SLICE) {
                    int slice = Math.min(left, SLICE);
                    emptySeconds += workflows.run(slice);
                    ourSeconds += deliver(stack, slice);
                }
                double limit = rows / emptySeconds;
                double ours = rows / ourSeconds;
                progress.say(String.format(
                        Locale.ROOT,
                        "%s: %.0f empty workflows/s, %.0f deliveries/s, ratio %.2f",
                        round == 0 ? "Warm-up, not counted" : "Round " + round + " of " + rounds,
                        limit,
                        ours,
                        ours / limit));
                if (round > 0) {
                    empty.add(limit);
                    delivered.add(ours);
                    ratios.add(ours / limit);
                }
            }
        }
        figures.put("empty workflows a second, median", String.format(Locale.ROOT, "%.0f", Figures.median(empty)));
        figures.put("deliveries a second, median", String.format(Locale.ROOT, "%.0f", Figures.median(delivered)));
        figures.put(
                "ratio, median (least, greatest)",
                String.format(
                        Locale.ROOT,
                        "%.2f (%.2f, %.2f)",
                        Figures.median(ratios),
                        Figures.quantile(ratios, 0),
                        Figures.quantile(ratios, 1)));
    }

    /** Returns how many seconds it took. */
    private double deliver(BenchStack stack, int count) throws Exception {
        long startedAt = System.nanoTime();
        stack.execute("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                + " SELECT 'bench', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}'"
                + " FROM generate_series(1, " + count + ") n");
        stack.awaitThat(
                "NOT EXISTS (SELECT FROM tempost.outbox WHERE status IN ('pending', 'dispatched', 'failed'))",
                count + " deliveries");
        return (System.nanoTime() - startedAt) / 1e9;
    }

    private void events(WorkflowClient client, BenchStack stack, Map<String, String> figures) throws Exception {
        long id = stack.number("SELECT max(id) FROM tempost.outbox");
        String workflowId = Objects.requireNonNull(new Rows(stack.database().dataSource()).find(id))
                .workflowId();
        client.newUntypedWorkflowStub(workflowId).getResult(Object.class);
        figures.put(
                "history events of a first-try delivery",
                Integer.toString(client.fetchHistory(workflowId).getEvents().size()));
    }

    /** The most resident memory, in MB, of a {@code serve} of its own that drains a backlog. */
    private long memory(Map<String, String> settings, BenchStack stack) throws Exception {
        progress.say("A serve of its own drains " + memoryRows + " rows");
        Map<String, String> own = new HashMap<>(settings);
        own.put("server.port", Integer.toString(Ports.any()));
        List<String> command = ServeProcess.command(own);
        Process serve = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            double seconds = deliver(stack, memoryRows);
            progress.say(String.format(Locale.ROOT, "Drained, %.0f a second", memoryRows / seconds));
            return ServeProcess.peakResidentMegabytes(serve.pid());
        } finally {
            serve.destroy();
            serve.waitFor();
        }
    }
}
