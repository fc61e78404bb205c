package dev.tempost.demo.bench;

import dev.tempost.app.engine.Engine;
import dev.tempost.app.engine.Service;
import dev.tempost.app.terminal.Progress;
import dev.tempost.demo.Inbox;
import dev.tempost.demo.ReceivedMail;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.database.Schema;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.springframework.context.ConfigurableApplicationContext;

/** PostgreSQL, Temporal and a mail server, embedded, for one benchmark. */
public final class BenchStack implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    public interface Condition {
        boolean holds() throws Exception;
    }

    private final EmbeddedPostgreSql database;
    private final EmbeddedTemporal temporal;
    private final Inbox inbox;
    private final Path folder;

    private BenchStack(EmbeddedPostgreSql database, EmbeddedTemporal temporal, Inbox inbox, Path folder) {
        this.database = database;
        this.temporal = temporal;
        this.inbox = inbox;
        this.folder = folder;
    }

    static BenchStack start(Progress progress) throws IOException {
        return start(progress, EmbeddedPostgreSql::start);
    }

    /** With a PostgreSQL that waits for the disk at each commit. */
    public static BenchStack startDurable(Progress progress) throws IOException {
        return start(progress, EmbeddedPostgreSql::startDurable);
    }

    private static BenchStack start(Progress progress, IntFunction<EmbeddedPostgreSql> postgreSql) throws IOException {
        Path folder = Files.createTempDirectory("tempost-bench");
        progress.say("Starting PostgreSQL, the Temporal server and a mail server");
        BenchStack stack = new BenchStack(
                postgreSql.apply(Ports.any()),
                EmbeddedTemporal.start(Ports.any(), 0, folder.resolve("temporal.log"), null, progress::say),
                new Inbox(Ports.any(), Clock.systemUTC()),
                folder);
        Path welcome = Files.createDirectories(folder.resolve("templates").resolve("welcome"));
        Files.writeString(welcome.resolve("subject.txt"), "Welcome, [(${name})]");
        Files.writeString(welcome.resolve("body.txt"), "Hi [(${name})], good to see you.");
        Files.writeString(welcome.resolve("body.html"), "<p>Hi <b>[[${name}]]</b>, good to see you.</p>");
        Schema.migrate(stack.database.dataSource());
        return stack;
    }

    public EmbeddedPostgreSql database() {
        return database;
    }

    Inbox inbox() {
        return inbox;
    }

    /** What an application is configured with to use it. */
    Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        settings.put("spring.datasource.url", database.jdbcUrl());
        settings.put("spring.datasource.username", "postgres");
        settings.put("spring.temporal.connection.target", temporal.target());
        settings.put("spring.mail.host", "127.0.0.1");
        settings.put("spring.mail.port", Integer.toString(inbox.port()));
        settings.put("tempost.providers.default.from", "Bench <bench@example.com>");
        settings.put("tempost.templates", folder.resolve("templates").toString());
        return settings;
    }

    /** Tempost in this process, ready to deliver; the caller closes it. */
    ConfigurableApplicationContext application(Map<String, String> settings) throws Exception {
        ConfigurableApplicationContext application = Service.withoutWeb().run(Service.arguments(settings));
        await(() -> application.getBean(Engine.class).ready(), "Tempost to be ready");
        return application;
    }

    public void execute(String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
        }
    }

    public long number(String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getLong(1);
        }
    }

    /** Waits until an SQL condition is true: over one connection, since whoever watches must not cost more than what is watched. */
    void awaitThat(String sqlCondition, String what) throws Exception {
        try (Connection connection = database.dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement("SELECT " + sqlCondition)) {
            await(
                    () -> {
                        try (ResultSet result = statement.executeQuery()) {
                            return result.next() && result.getBoolean(1);
                        }
                    },
                    what);
        }
    }

    public static void await(Condition condition, String what) throws Exception {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("waited " + TIMEOUT + " in vain for " + what);
            }
            Thread.sleep(50);
        }
    }

    /** Milliseconds from the commit of each mail's row to its acceptance, for those mails whose commit is known. */
    static List<Double> lags(List<ReceivedMail> mails, Map<String, Instant> committedAt) {
        return mails.stream()
                .filter(mail -> committedAt.containsKey(mail.to()))
                .map(mail -> Duration.between(Objects.requireNonNull(committedAt.get(mail.to())), mail.receivedAt())
                                .toNanos()
                        / 1e6)
                .toList();
    }

    @Override
    public void close() {
        inbox.close();
        temporal.close();
        database.close();
    }
}
