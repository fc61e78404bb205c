package dev.tempost.outbox.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/** A real PgBouncer before a PostgreSQL, on a port of its own. */
public final class PgBouncer implements AutoCloseable {

    /** What it does with a server when a client's transaction has ended. */
    public enum Mode {
        /** Leaves it to the client. */
        SESSION,
        /** Gives it to whoever comes next. */
        TRANSACTION
    }

    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    // set by the gate, which installs it
    private static final boolean REQUIRED = System.getenv("TEMPOST_REQUIRE_PGBOUNCER") != null;

    private final Process process;
    private final int port;

    private PgBouncer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts one. Aborts the test when it is not installed, except in the gate.
     *
     * @param jdbcUrl any database of the server behind it, which trusts user postgres
     * @param servers at most so many connections to each database
     */
    public static PgBouncer before(String jdbcUrl, Mode mode, int servers) {
        Path binary = binary();
        if (binary == null) {
            String missing = "pgbouncer is not installed: apt-get install pgbouncer";
            if (REQUIRED) {
                throw new IllegalStateException(missing);
            }
            throw new TestAbortedException(missing);
        }
        try {
            Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "pgbouncer")), "test");
            int port = freePort();
            Path users = folder.resolve("users.txt");
            Files.writeString(users, "\"postgres\" \"\"\n");
            Path settings = folder.resolve("pgbouncer.ini");
            Files.writeString(settings, """
                [databases]
                * = host=127.0.0.1 port=%d
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = trust
                auth_file = %s
                pool_mode = %s
                default_pool_size = %d
                max_client_conn = 500
                """.formatted(
                            URI.create(jdbcUrl.substring("jdbc:".length())).getPort(),
                            port,
                            users.toAbsolutePath(),
                            mode.name().toLowerCase(Locale.ROOT),
                            servers));
            List<String> command = new ArrayList<>();
            if (System.getProperty("user.name").equals("root")) {
                // as root it refuses to run
                command.addAll(List.of("unshare", "-U"));
            }
            command.addAll(List.of(binary.toString(), settings.toAbsolutePath().toString()));
            Path log = folder.resolve("pgbouncer.log");
            PgBouncer bouncer = new PgBouncer(
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start(),
                    port);
            bouncer.awaitListening(log);
            return bouncer;
        } catch (IOException e) {
            throw new UncheckedIOException("PgBouncer did not start", e);
        }
    }

    private static @Nullable Path binary() {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin"))
                .map(folder -> Path.of(folder, "pgbouncer"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    private void awaitListening(Path log) throws IOException {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < deadline && process.isAlive()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(LOOPBACK, port), 200);
                return;
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
        process.destroyForcibly();
        throw new IllegalStateException("PgBouncer does not listen; it said: " + Files.readString(log));
    }

    /** The same URL by way of this. */
    public String jdbcUrl(String behind) {
        return behind.replaceFirst(":\\d+/", ":" + port + "/");
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
