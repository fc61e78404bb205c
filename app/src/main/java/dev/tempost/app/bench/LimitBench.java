package dev.tempost.app.bench;

import dev.tempost.app.demo.Inbox;
import dev.tempost.app.demo.ReceivedMail;
import dev.tempost.app.embedded.EmbeddedPostgreSql;
import dev.tempost.app.embedded.EmbeddedTemporal;
import dev.tempost.app.embedded.Ports;
import dev.tempost.app.engine.Engine;
import dev.tempost.app.engine.Service;
import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.Rows;
import dev.tempost.outbox.Schema;
import dev.tempost.workflows.Attributes;
import io.temporal.client.WorkflowClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * How close deliveries come to the limit that Temporal sets: empty workflows and deliveries in turn, on one embedded stack, in
 * one process, with the same options.
 */
public final class LimitBench {

    private static final int CAPACITY = 16;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    // short enough that both sides of a ratio meet the same weather
    private static final int SLICE = 500;
    private static final Duration BETWEEN_ROWS = Duration.ofMillis(50);

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
        Path folder = Files.createTempDirectory("tempost-bench");
        progress.say("Starting PostgreSQL, the Temporal server and a mail server");
        try (EmbeddedPostgreSql database = EmbeddedPostgreSql.start(Ports.any());
                EmbeddedTemporal temporal =
                        EmbeddedTemporal.start(Ports.any(), 0, folder.resolve("temporal.log"), null, progress::say);
                Inbox inbox = new Inbox(Ports.any(), Clock.systemUTC())) {
            template(folder);
            Schema.migrate(database.dataSource());
            Map<String, String> settings = settings(database, temporal, inbox, folder);
            Map<String, String> figures = new LinkedHashMap<>();
            try (ConfigurableApplicationContext application =
                    Service.withoutWeb().run(Service.arguments(settings))) {
                await(() -> application.getBean(Engine.class).ready(), "Tempost to be ready");
                WorkflowClient client = application.getBean(WorkflowClient.class);
                throughput(client, application.getBean(Attributes.class), database, figures);
                latency(database, inbox, figures);
                events(client, database, figures);
            }
            if (memoryRows > 0) {
                figures.put(
                        "memory of serve draining " + memoryRows + " rows",
                        String.format(Locale.ROOT, "%d MB resident at most", memory(settings, database)));
            }
            System.out.println();
            figures.forEach((name, value) -> System.out.printf(Locale.ROOT, "  %-44s %s%n", name, value));
        }
    }

    private void throughput(
            WorkflowClient client, Attributes attributes, EmbeddedPostgreSql database, Map<String, String> figures)
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
                    ourSeconds += deliver(database, slice);
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
    private double deliver(EmbeddedPostgreSql database, int count) throws Exception {
        long startedAt = System.nanoTime();
        execute(
                database,
                "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                        + " SELECT 'bench', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}'"
                        + " FROM generate_series(1, " + count + ") n");
        awaitNothingOpen(database, count);
        return (System.nanoTime() - startedAt) / 1e9;
    }

    /** One connection and the partial index of open rows: whoever watches must not cost more than what is watched. */
    private static void awaitNothingOpen(EmbeddedPostgreSql database, int count) throws Exception {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT NOT EXISTS (SELECT FROM tempost.outbox"
                                + " WHERE status IN ('pending', 'dispatched', 'failed'))")) {
            await(
                    () -> {
                        try (ResultSet result = statement.executeQuery()) {
                            return result.next() && result.getBoolean(1);
                        }
                    },
                    count + " deliveries");
        }
    }

    private void latency(EmbeddedPostgreSql database, Inbox inbox, Map<String, String> figures) throws Exception {
        progress.say("20 rows a second for " + latencyRun.toSeconds() + " s");
        int count = (int) (latencyRun.toMillis() / BETWEEN_ROWS.toMillis());
        Map<String, Instant> committedAt = new HashMap<>();
        int mailsBefore = inbox.count();
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                                + " VALUES ('bench', 'welcome', ?, '{\"name\": \"Ada\"}')")) {
            connection.setAutoCommit(false);
            long next = System.nanoTime();
            for (int i = 0; i < count; i++) {
                String recipient = "latency" + i + "@example.com";
                insert.setString(1, recipient);
                insert.execute();
                committedAt.put(recipient, Instant.now());
                connection.commit();
                next += BETWEEN_ROWS.toNanos();
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
        await(() -> inbox.count() == mailsBefore + count, count + " mails");
        List<Double> millis = inbox.mails().subList(mailsBefore, mailsBefore + count).stream()
                .map(mail -> lag(mail, committedAt))
                .toList();
        figures.put(
                "commit to SMTP acceptance at 20 rows/s",
                String.format(
                        Locale.ROOT,
                        "p50 %.1f ms, p99 %.1f ms, worst %.1f ms (%d rows)",
                        Figures.median(millis),
                        Figures.quantile(millis, 0.99),
                        Figures.quantile(millis, 1),
                        count));
    }

    private static double lag(ReceivedMail mail, Map<String, Instant> committedAt) {
        return Duration.between(Objects.requireNonNull(committedAt.get(mail.to())), mail.receivedAt())
                        .toNanos()
                / 1e6;
    }

    private void events(WorkflowClient client, EmbeddedPostgreSql database, Map<String, String> figures)
            throws Exception {
        long id = number(database, "SELECT max(id) FROM tempost.outbox");
        String workflowId =
                Objects.requireNonNull(new Rows(database.dataSource()).find(id)).workflowId();
        client.newUntypedWorkflowStub(workflowId).getResult(Object.class);
        figures.put(
                "history events of a first-try delivery",
                Integer.toString(client.fetchHistory(workflowId).getEvents().size()));
    }

    /** The most resident memory, in MB, of a {@code serve} of its own that drains a backlog. */
    private long memory(Map<String, String> settings, EmbeddedPostgreSql database) throws Exception {
        progress.say("A serve of its own drains " + memoryRows + " rows");
        Map<String, String> own = new HashMap<>(settings);
        own.put("server.port", Integer.toString(Ports.any()));
        List<String> command = ServeProcess.command(own);
        Process serve = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            double seconds = deliver(database, memoryRows);
            progress.say(String.format(Locale.ROOT, "Drained, %.0f a second", memoryRows / seconds));
            return ServeProcess.peakResidentMegabytes(serve.pid());
        } finally {
            serve.destroy();
            serve.waitFor();
        }
    }

    private static Map<String, String> settings(
            EmbeddedPostgreSql database, EmbeddedTemporal temporal, Inbox inbox, Path folder) {
        Map<String, String> settings = new HashMap<>();
        settings.put("spring.datasource.url", database.jdbcUrl());
        settings.put("spring.datasource.username", "postgres");
        settings.put("spring.temporal.connection.target", temporal.target());
        settings.put("spring.mail.host", "127.0.0.1");
        settings.put("spring.mail.port", Integer.toString(inbox.port()));
        settings.put("tempost.mail.from", "Bench <bench@example.com>");
        settings.put("tempost.templates", folder.resolve("templates").toString());
        settings.put("tempost.starter.capacity", Integer.toString(CAPACITY));
        return settings;
    }

    private static void template(Path folder) throws IOException {
        Path welcome = Files.createDirectories(folder.resolve("templates").resolve("welcome"));
        Files.writeString(welcome.resolve("subject.txt"), "Welcome, [(${name})]");
        Files.writeString(welcome.resolve("body.txt"), "Hi [(${name})], good to see you.");
        Files.writeString(welcome.resolve("body.html"), "<p>Hi <b>[[${name}]]</b>, good to see you.</p>");
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition, String what) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("waited " + PATIENCE + " in vain for " + what);
            }
            Thread.sleep(50);
        }
    }

    private static long number(EmbeddedPostgreSql database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getLong(1);
        }
    }

    private static void execute(EmbeddedPostgreSql database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
        }
    }
}
