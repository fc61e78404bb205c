package dev.tempost.demo.bench;

import dev.tempost.embedded.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;

/** Tempost in processes of its own, on a database and a task queue of its own. */
public final class Deployment implements AutoCloseable {

    static final int CONNECTIONS = 16;

    private final PGSimpleDataSource outbox = new PGSimpleDataSource();
    private final Map<String, String> settings;
    private final String classPath;
    private final String heap;
    private final Map<String, String> environment;
    private final List<Process> processes = new ArrayList<>();
    private int port;
    private Path log = Path.of("");

    /** With a heap of 256 MB and {@link #CONNECTIONS} connections. */
    Deployment(BenchStack stack, SlowSink sink, String database, String classPath) throws SQLException {
        this(stack, sink, database, classPath, Map.of());
    }

    /** The same, with more settings as environment variables. */
    Deployment(BenchStack stack, SlowSink sink, String database, String classPath, Map<String, String> more)
            throws SQLException {
        this(stack, sink, database, classPath, "256m", withConnections(more));
    }

    private static Map<String, String> withConnections(Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("TEMPOST_PROVIDERS_DEFAULT_MAXCONNECTIONS", Integer.toString(CONNECTIONS));
        return environment;
    }

    /**
     * @param database the database, which it creates, and the task queue
     * @param sink the mail server it sends to
     * @param classPath the build's jar
     * @param heap as {@code -Xmx} takes it
     * @param environment settings of its own, as environment variables: one that means nothing to Tempost stops its start
     */
    public Deployment(
            BenchStack stack,
            SlowSink sink,
            String database,
            String classPath,
            String heap,
            Map<String, String> environment)
            throws SQLException {
        stack.execute("CREATE DATABASE " + database);
        outbox.setUrl(stack.database().jdbcUrl().replaceAll("/postgres$", "/" + database));
        outbox.setUser("postgres");
        this.classPath = classPath;
        this.heap = heap;
        this.environment = environment;
        settings = new HashMap<>(stack.settings());
        settings.put("spring.datasource.url", outbox.getUrl());
        settings.put("spring.mail.port", Integer.toString(sink.port()));
        settings.put("tempost.temporal.task-queue", database);
    }

    public PGSimpleDataSource outbox() {
        return outbox;
    }

    /** Starts one more process with these roles. */
    public void start(String roles) throws IOException {
        port = Ports.any();
        Map<String, String> own = new HashMap<>(settings);
        own.put("tempost.roles", roles);
        own.put("server.port", Integer.toString(port));
        log = Files.createTempFile("tempost-bench", ".log");
        log.toFile().deleteOnExit();
        ProcessBuilder command = new ProcessBuilder(ServeProcess.command(own, classPath, heap))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        command.environment().putAll(environment);
        Process process = command.start();
        // whoever stops the benchmark stops what it started
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        processes.add(process);
    }

    /** Waits until the schema is there. */
    public void awaitSchema() throws Exception {
        BenchStack.await(this::migrated, "the schema in " + outbox.getUrl());
    }

    /** Waits until the process that was started last says that it is ready. */
    public void awaitReadiness() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest question = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + port + "/actuator/health/readiness"))
                    .build();
            BenchStack.await(
                    () -> {
                        failWhenItEnded();
                        try {
                            return client.send(question, HttpResponse.BodyHandlers.discarding())
                                            .statusCode()
                                    == 200;
                        } catch (IOException notYet) {
                            return false;
                        }
                    },
                    "readiness");
        }
    }

    /** What it said before is why. */
    private void failWhenItEnded() {
        if (!processes.getLast().isAlive()) {
            try {
                throw new IllegalStateException("serve ended by itself: " + Files.readString(log));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Of the process that was started last. */
    public long pid() {
        return processes.getLast().pid();
    }

    /** As {@code kill -9} does, all of them. */
    public void kill() {
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
        processes.clear();
    }

    private boolean migrated() {
        failWhenItEnded();
        try (Connection connection = outbox.getConnection();
                PreparedStatement look = connection.prepareStatement("SELECT FROM tempost.outbox LIMIT 1")) {
            look.execute();
            return true;
        } catch (SQLException notYet) {
            return false;
        }
    }

    @Override
    public void close() {
        processes.forEach(Process::destroy);
        processes.forEach(process -> process.onExit().join());
    }
}
