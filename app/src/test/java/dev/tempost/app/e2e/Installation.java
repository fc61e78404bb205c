package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.tempost.activities.BreakerSettings;
import dev.tempost.app.TempostProcess;
import dev.tempost.app.engine.EngineTimes;
import dev.tempost.app.engine.Service;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.embedded.TemporalCli;
import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.TestDatabase;
import dev.tempost.worker.Schedules;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import io.temporal.client.WorkflowClient;
import io.temporal.client.schedules.ScheduleException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.context.ConfigurableApplicationContext;

/** A database, a task queue and a mail server of one test, and the Tempost processes that work on them. */
final class Installation implements AutoCloseable {

    // a process that starts beside three others on two cores may need half of it
    static final Duration TIMEOUT = Duration.ofSeconds(60);
    // for what is started in this JVM: a process of its own lives as it would anywhere
    private static final EngineTimes QUICK = new EngineTimes(
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            new BreakerSettings(
                    BreakerSettings.DEFAULTS.failures(),
                    Duration.ofMillis(300),
                    BreakerSettings.DEFAULTS.longestProbeInterval()));

    final ScriptedSmtpServer smtp = ScriptedSmtpServer.listening();
    final String jdbcUrl;
    final String temporalTarget;
    final WorkflowServiceStubs stubs;
    final WorkflowClient client;
    final Rows rows;
    private final @Nullable TestDatabase database;
    private final PGSimpleDataSource dataSource = new PGSimpleDataSource();
    // whoever waits for a row asks often, and opening a connection costs more than the question
    private final HikariDataSource pool = new HikariDataSource();
    private final DataSource questions;
    private final Map<String, String> settings = new TreeMap<>();
    private final List<ConfigurableApplicationContext> running = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final Path folder = Stack.folder();
    private boolean migrated;

    Installation() {
        this(Stack.shared().temporalTarget());
    }

    /** With a Temporal server of the test's own. */
    Installation(String temporalTarget) {
        this(TestDatabase.empty(PostgresVersion.CURRENT), temporalTarget);
    }

    private Installation(TestDatabase database, String temporalTarget) {
        this(database, database.jdbcUrl(), temporalTarget);
    }

    /** With a PostgreSQL server of the test's own. */
    Installation(String jdbcUrl, String temporalTarget) {
        this(null, jdbcUrl, temporalTarget);
    }

    private Installation(@Nullable TestDatabase database, String jdbcUrl, String temporalTarget) {
        this.database = database;
        this.jdbcUrl = jdbcUrl;
        this.temporalTarget = temporalTarget;
        this.stubs = WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
                .setTarget(temporalTarget)
                .build());
        this.client = WorkflowClient.newInstance(stubs);
        dataSource.setUrl(jdbcUrl);
        dataSource.setUser("postgres");
        pool.setDataSource(dataSource);
        pool.setMinimumIdle(0);
        pool.setMaximumPoolSize(5);
        // a server of the test's own may be restarted, and leave the pool with dead connections
        this.questions = database == null ? dataSource : pool;
        this.rows = new Rows(questions);
        template("welcome", "Welcome, [(${name})]", "Hi [(${name})], good to see you.", "<p>Hi <b>[[${name}]]</b></p>");
        settings.putAll(Map.of(
                "spring.datasource.url",
                jdbcUrl,
                "spring.datasource.username",
                "postgres",
                "spring.temporal.connection.target",
                temporalTarget,
                "spring.mail.host",
                "127.0.0.1",
                "spring.mail.port",
                Integer.toString(smtp.port()),
                "tempost.providers.default.from",
                "Tests <tests@example.com>",
                "tempost.templates",
                folder.toString(),
                "tempost.temporal.task-queue",
                "tempost-" + UUID.randomUUID(),
                "server.port",
                "0",
                "tempost.delivery.initial-interval",
                "300ms"));
        settings.put("tempost.delivery.factor", "1");
        settings.put("tempost.worker.grace", "10s");
        settings.put("spring.datasource.hikari.connection-timeout", "1000");
    }

    Installation with(String property, Object value) {
        settings.put(property, value.toString());
        return this;
    }

    Map<String, String> settings() {
        return settings;
    }

    /** Creates the schema without starting anything. */
    Installation migrated() {
        if (database == null) {
            Schema.migrate(dataSource);
        } else if (!migrated) {
            database.migrate();
            migrated = true;
            // as in production: whoever delivers owns nothing
            with("spring.datasource.url", database.jdbcUrl(TestDatabase.SERVICE))
                    .with("spring.datasource.username", TestDatabase.SERVICE)
                    .with("tempost.schema.migrate", false);
        }
        return this;
    }

    /** Starts one more process' worth of roles, in this JVM. */
    ConfigurableApplicationContext start() {
        ConfigurableApplicationContext context =
                Service.withoutWeb().initializers(Installation::quick).run(Service.arguments(settings));
        running.add(context);
        return context;
    }

    private static void quick(ConfigurableApplicationContext context) {
        context.getBeanFactory().registerSingleton("engineTimes", QUICK);
    }

    /** Starts Tempost as a process of its own, as {@code ./tempost serve} does, and lets it write to {@link #serveLog}. */
    Process serve() {
        try {
            Process started = TempostProcess.of(settings, "serve")
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(serveLog().toFile()))
                    .start();
            processes.add(started);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where its files are. */
    Path folder() {
        return folder;
    }

    /** What the processes said. */
    Path serveLog() {
        return folder.resolve("serve.log");
    }

    /** The same with its web server; its port is {@code local.server.port}. */
    ConfigurableApplicationContext startWithWeb() {
        ConfigurableApplicationContext context =
                Service.withWeb().initializers(Installation::quick).run(Service.arguments(settings));
        running.add(context);
        return context;
    }

    void template(String eventType, String subject, String text, String html) {
        try {
            Path template = Files.createDirectories(folder.resolve(eventType));
            Files.writeString(template.resolve("subject.txt"), subject);
            Files.writeString(template.resolve("body.txt"), text);
            Files.writeString(template.resolve("body.html"), html);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Inserts a welcome row as any producer would. */
    long welcome(String recipient) {
        return insert(
                "INSERT INTO tempost.outbox (event_type, recipient, payload) VALUES ('welcome', ?, '{\"name\":"
                        + " \"Ada\"}') RETURNING id",
                recipient);
    }

    /** Runs an INSERT … RETURNING id. */
    long insert(String sql, @Nullable Object... parameters) {
        try (Connection connection = questions.getConnection();
                PreparedStatement statement = prepared(connection, sql, parameters);
                ResultSet result = statement.executeQuery()) {
            assertThat(result.next()).as("a result of %s", sql).isTrue();
            return result.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs a query for one number. */
    long number(String sql, @Nullable Object... parameters) {
        return insert(sql, parameters);
    }

    int execute(String sql, @Nullable Object... parameters) {
        try (Connection connection = questions.getConnection();
                PreparedStatement statement = prepared(connection, sql, parameters)) {
            statement.execute();
            return Math.max(0, statement.getUpdateCount());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    DataSource dataSource() {
        return dataSource;
    }

    /** One of the test's own, outside the pool. */
    Connection connection() throws SQLException {
        return dataSource.getConnection();
    }

    private static PreparedStatement prepared(Connection connection, String sql, @Nullable Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    Rows.Row row(long id) {
        return Objects.requireNonNull(rows.find(id), "row " + id);
    }

    Rows.Row awaitStatus(long id, RowStatus status) {
        await("row " + id + " to become " + status)
                .atMost(TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> {
                    Rows.Row row = row(id);
                    assertThat(row.status()).as("%s", row).isEqualTo(status);
                });
        return row(id);
    }

    void awaitAll(RowStatus status, long count) {
        await(count + " rows to become " + status)
                .atMost(TIMEOUT.multipliedBy(4))
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(
                                number("SELECT count(*) FROM tempost.outbox WHERE status = ?", status.column()))
                        .as(() -> "rows that are " + status + "; the others: " + othersThan(status))
                        .isEqualTo(count));
    }

    /** Ten rows that are in another state, with their last attempts: what a test that waits in vain has to say. */
    private String othersThan(RowStatus status) {
        try (Connection connection = questions.getConnection();
                PreparedStatement statement = prepared(connection, """
                    SELECT string_agg(o::text || ' ' || coalesce(a::text, ''), E'\n' ORDER BY o.id)
                    FROM (SELECT * FROM tempost.outbox WHERE status <> ? ORDER BY id LIMIT 10) o
                    LEFT JOIN LATERAL (SELECT * FROM tempost.attempt WHERE outbox_id = o.id ORDER BY attempt DESC LIMIT 1) a ON true
                    """, status.column());
                ResultSet result = statement.executeQuery()) {
            return result.next() ? String.valueOf(result.getString(1)) : "none";
        } catch (SQLException e) {
            return "not known: " + e.getMessage();
        }
    }

    DescribeWorkflowExecutionResponse describe(long id) {
        return stubs.blockingStub()
                .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace("default")
                        .setExecution(WorkflowExecution.newBuilder().setWorkflowId(row(id).workflowId()))
                        .build());
    }

    WorkflowExecutionStatus awaitClosed(long id) {
        await("the workflow of row " + id + " to close")
                .atMost(TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> status(id) != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
        return status(id);
    }

    WorkflowExecutionStatus status(long id) {
        return describe(id).getWorkflowExecutionInfo().getStatus();
    }

    List<HistoryEvent> history(long id) {
        return client.fetchHistory(row(id).workflowId()).getEvents();
    }

    /** Runs Temporal's own CLI, as an operator would. */
    String temporal(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(TemporalCli.find(System.err::println).toString());
        command.addAll(Arrays.asList(arguments));
        command.addAll(List.of("--address", temporalTarget));
        return said(new ProcessBuilder(command));
    }

    /** Runs lines of a shell in which {@code temporal} is Temporal's own CLI and finds this server. */
    String shell(String lines) {
        return said(inShell(lines));
    }

    /** The same, not started yet. */
    ProcessBuilder inShell(String lines) {
        ProcessBuilder shell = new ProcessBuilder("sh", "-euc", lines);
        try {
            Path bin = Files.createDirectories(folder.resolve("bin"));
            Path temporal = bin.resolve("temporal");
            if (!Files.exists(temporal)) {
                Files.createSymbolicLink(temporal, TemporalCli.find(System.err::println));
            }
            shell.environment().merge("PATH", bin.toAbsolutePath() + File.pathSeparator, (path, ours) -> ours + path);
            shell.environment().put("TEMPORAL_ADDRESS", temporalTarget);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return shell;
    }

    /** What it says, once the one batch job that a namespace may have at a time is no other test's. */
    private String said(ProcessBuilder command) {
        Ended ended = await(command.command() + " to be let in")
                .atMost(TIMEOUT)
                .pollDelay(Duration.ZERO)
                .until(() -> run(command), end -> !end.said().contains("Max concurrent batch operations"));
        assertThat(ended.exit())
                .as("%s said %s", command.command(), ended.said())
                .isZero();
        return ended.said();
    }

    record Ended(int exit, String said) {}

    Ended run(ProcessBuilder command) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "cli", ".out");
        Process process = command.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as("%s ended", command.command())
                .isTrue();
        return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    void stopAll() {
        running.forEach(ConfigurableApplicationContext::close);
        running.clear();
    }

    Schedules schedules() {
        return new Schedules(
                client, Objects.requireNonNull(settings.get("tempost.temporal.task-queue")), Duration.ofMinutes(1));
    }

    /** Has a schedule run now, once it is there: {@code reconcile} or {@code retain}. */
    void trigger(String name) {
        Schedules schedules = schedules();
        Schedules.Wanted wanted = schedules.wanted().stream()
                .filter(schedule -> schedule.id().endsWith("-" + name))
                .findFirst()
                .orElseThrow();
        await("the schedule " + name).atMost(TIMEOUT).ignoreExceptions().until(() -> {
            schedules.handle(wanted).trigger();
            return true;
        });
    }

    @Override
    public void close() {
        stopAll();
        processes.forEach(Process::destroyForcibly);
        Schedules schedules = schedules();
        schedules.wanted().forEach(schedule -> {
            try {
                schedules.handle(schedule).delete();
            } catch (ScheduleException e) {
                // never started, or its Temporal is gone
            }
        });
        stubs.shutdownNow();
        smtp.close();
        pool.close();
        if (database != null) {
            database.close();
        }
    }
}
