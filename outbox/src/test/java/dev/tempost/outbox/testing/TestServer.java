package dev.tempost.outbox.testing;

import dev.tempost.outbox.database.Schema;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.opentest4j.TestAbortedException;

/**
 * One embedded PostgreSQL per version and JVM, started when first asked for, with a migrated database to copy. It keeps nothing
 * beyond the run, so that it writes nothing through to a disk, and lives in memory where there is room.
 */
final class TestServer {

    // on a disk, half of the tests' time went into making and dropping their databases
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ROOM = 4L << 30;

    private static final String TEMPLATE = "tempost_template";
    private static final String OLDEST_BINARIES = "tempost.postgres-oldest";
    private static final Map<PostgresVersion, TestServer> RUNNING = new EnumMap<>(PostgresVersion.class);

    private final EmbeddedPostgres server;
    private final String copy;
    private final AtomicInteger databases = new AtomicInteger();

    private TestServer(EmbeddedPostgres server, PostgresVersion version) {
        this.server = server;
        // in PostgreSQL 14 the only way, and not an option yet
        this.copy = " TEMPLATE " + TEMPLATE + (version == PostgresVersion.OLDEST ? "" : " STRATEGY file_copy");
        execute("CREATE DATABASE " + TEMPLATE);
        execute(TEMPLATE, Schema.roles());
        execute(TEMPLATE, "CREATE ROLE " + TestDatabase.SERVICE + " LOGIN IN ROLE tempost_service");
        execute(TEMPLATE, "CREATE ROLE " + TestDatabase.PRODUCER + " LOGIN IN ROLE tempost_producer");
        Schema.migrate(server.getDatabase("postgres", TEMPLATE));
    }

    static TestServer of(PostgresVersion version) {
        synchronized (RUNNING) {
            return RUNNING.computeIfAbsent(version, TestServer::start);
        }
    }

    private static TestServer start(PostgresVersion version) {
        try {
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setServerConfig("listen_addresses", "127.0.0.1")
                    .setServerConfig("fsync", "off")
                    .setServerConfig("full_page_writes", "off");
            if (hasRoom(MEMORY)) {
                builder.setDataDirectory(Files.createTempDirectory(MEMORY, "tempost-test"));
            }
            if (version == PostgresVersion.OLDEST) {
                byte[] archive = oldestBinaries();
                builder.setPgBinaryResolver((os, architecture) -> new ByteArrayInputStream(archive));
            }
            return migrated(builder.start(), version);
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded PostgreSQL did not start", e);
        }
    }

    /** One whose migrations fail must not stay behind, and another for the next test, until no memory is left. */
    private static TestServer migrated(EmbeddedPostgres server, PostgresVersion version) throws IOException {
        try {
            return new TestServer(server, version);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static boolean hasRoom(Path folder) throws IOException {
        return Files.isWritable(folder) && Files.getFileStore(folder).getUsableSpace() >= ROOM;
    }

    private static byte[] oldestBinaries() throws IOException {
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!platform.toLowerCase(Locale.ROOT).matches("linux (amd64|x86_64)")) {
            throw new TestAbortedException(
                    "the oldest supported PostgreSQL is at hand for Linux on amd64 only, this is " + platform);
        }
        String path = System.getProperty(OLDEST_BINARIES);
        if (path == null || !Files.exists(Path.of(path))) {
            throw new TestAbortedException("no binaries of the oldest supported PostgreSQL: system property "
                    + OLDEST_BINARIES + " is " + path + "; Maven sets it in module outbox, where `./mvnw"
                    + " generate-test-resources` fetches them");
        }
        try (ZipFile jar = new ZipFile(path)) {
            ZipEntry archive = jar.stream()
                    .filter(entry -> entry.getName().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow(() -> new IOException(path + " holds no .txz"));
            try (InputStream content = jar.getInputStream(archive)) {
                return content.readAllBytes();
            }
        }
    }

    String newName() {
        return "test_" + databases.incrementAndGet();
    }

    void create(String database, boolean migrated) {
        execute("CREATE DATABASE " + database + (migrated ? copy : ""));
    }

    void drop(String database) {
        execute("DROP DATABASE " + database + " WITH (FORCE)");
    }

    int port() {
        return server.getPort();
    }

    private void execute(String sql) {
        execute("postgres", sql);
    }

    private void execute(String database, String sql) {
        try (Connection connection = server.getDatabase("postgres", database).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("could not run: " + sql, e);
        }
    }
}
