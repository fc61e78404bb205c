package dev.tempost.embedded;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;

/** A PostgreSQL of our own on loopback, gone with the process. */
public final class EmbeddedPostgreSql implements AutoCloseable {

    private final EmbeddedPostgres server;

    private EmbeddedPostgreSql(EmbeddedPostgres server) {
        this.server = server;
    }

    /** Starts it and waits until it answers. It does not wait for the disk, and keeps nothing when the machine fails. */
    public static EmbeddedPostgreSql start(int port) {
        return start(port, Map.of());
    }

    /** The same with PostgreSQL's own defaults: each commit waits until it is on the disk. */
    public static EmbeddedPostgreSql startDurable(int port) {
        return start(port, Map.of("fsync", "on", "full_page_writes", "on", "synchronous_commit", "on"));
    }

    private static EmbeddedPostgreSql start(int port, Map<String, String> settings) {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        settings.forEach(builder::setServerConfig);
        try {
            return new EmbeddedPostgreSql(builder.setPort(port)
                    .setServerConfig("listen_addresses", "127.0.0.1")
                    .setServerConfig("max_connections", "200")
                    .start());
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded PostgreSQL did not start", e);
        }
    }

    /** For {@code psql}. */
    public String uri() {
        return "postgresql://postgres@127.0.0.1:" + server.getPort() + "/postgres";
    }

    /** For JDBC. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
    }

    /** Connections outside any pool. */
    public DataSource dataSource() {
        return server.getPostgresDatabase();
    }

    /** Where it listens, on loopback. */
    public int port() {
        return server.getPort();
    }

    /** A further database, which is created when it is not there yet; connections outside any pool. */
    public DataSource database(String name) throws SQLException {
        try (Connection connection = dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT FROM pg_database WHERE datname = '" + name + "'")) {
            if (!found.next()) {
                statement.execute("CREATE DATABASE " + name);
            }
        }
        return server.getDatabase("postgres", name);
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded PostgreSQL did not stop", e);
        }
    }
}
