package dev.tempost.app.chaos;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.util.FileSystemUtils;

/** A PostgreSQL with a data directory of its own, stopped at once or by the death of one of its processes. */
final class Postgres implements Victim, AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int TRIES = 5;

    private final Path data;
    private final int port;
    private final Random dice;
    private EmbeddedPostgres server;

    Postgres(Path data, int port, Random dice) throws IOException {
        this.data = data;
        this.port = port;
        this.dice = dice;
        this.server = start();
    }

    int port() {
        return port;
    }

    DataSource dataSource() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl("jdbc:postgresql://127.0.0.1:" + port + "/postgres");
        dataSource.setUser("postgres");
        return dataSource;
    }

    /** Half of the time {@code SIGQUIT} to the server, an immediate stop; else {@code SIGKILL} to one of its backends. */
    @Override
    public void kill() throws Exception {
        if (dice.nextBoolean()) {
            long postmaster = Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid"))
                    .getFirst()
                    .trim());
            new ProcessBuilder("kill", "-QUIT", Long.toString(postmaster))
                    .start()
                    .waitFor();
            ProcessHandle.of(postmaster).ifPresent(process -> process.onExit().join());
        } else {
            ProcessHandle.of(backend()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private long backend() throws SQLException {
        try (Connection connection = dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT pid FROM pg_stat_activity"
                        + " WHERE backend_type = 'client backend' ORDER BY pid <> pg_backend_pid() DESC, random()"
                        + " LIMIT 1")) {
            result.next();
            return result.getLong(1);
        }
    }

    @Override
    public void revive() throws Exception {
        if (!answers()) {
            server.close();
            server = start();
        }
    }

    /** A server that lost a backend recovers by itself. */
    private boolean answers() {
        long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (Files.exists(data.resolve("postmaster.pid")) && System.nanoTime() < until) {
            try (Connection connection = dataSource().getConnection()) {
                return connection.isValid(5);
            } catch (SQLException e) {
                pause();
            }
        }
        return false;
    }

    private EmbeddedPostgres start() throws IOException {
        for (int tries = 1; ; tries++) {
            try {
                return EmbeddedPostgres.builder()
                        .setDataDirectory(data)
                        .setCleanDataDirectory(false)
                        .setPort(port)
                        .setPGStartupWait(TIMEOUT)
                        .setServerConfig("listen_addresses", "127.0.0.1")
                        .setServerConfig("max_connections", "200")
                        // off by default here: an immediate stop would lose what it has called committed
                        .setServerConfig("synchronous_commit", "on")
                        .setServerConfig("fsync", "on")
                        .start();
            } catch (IOException | IllegalStateException e) {
                if (tries == TRIES) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        FileSystemUtils.deleteRecursively(data);
    }
}
