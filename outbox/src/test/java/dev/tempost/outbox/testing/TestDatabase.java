package dev.tempost.outbox.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Deque;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** A database of a test's own, in a server that all tests of the JVM share. Closing drops it. */
public final class TestDatabase implements AutoCloseable {

    /** A login that delivers and can change no table, where the schema is in place. */
    public static final String SERVICE = "tempost_delivers";

    /** A login that inserts rows, likewise. */
    public static final String PRODUCER = "tempost_produces";

    private final TestServer server;
    private final String name;
    private final PGSimpleDataSource dataSource = new PGSimpleDataSource();
    private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

    private TestDatabase(PostgresVersion version, boolean migrated) {
        this.server = TestServer.of(version);
        this.name = server.newName();
        server.create(name, migrated);
        dataSource.setUrl(jdbcUrl());
    }

    /** A database with the schema in place, on the current version: a copy that takes milliseconds. */
    public static TestDatabase create() {
        return create(PostgresVersion.CURRENT);
    }

    /** A database with the schema in place. Aborts the test when that version cannot run here. */
    public static TestDatabase create(PostgresVersion version) {
        return new TestDatabase(version, true);
    }

    /** A database with nothing in it. */
    public static TestDatabase empty(PostgresVersion version) {
        return new TestDatabase(version, false);
    }

    /** Gives an empty one the schema, and whatever else was in it is gone: a copy, where migrating takes a second. */
    public void migrate() {
        disconnect();
        server.drop(name);
        server.create(name, true);
    }

    /** Opens a connection per call. */
    public DataSource dataSource() {
        return dataSource;
    }

    /** Opens a connection per call, as another login. */
    public DataSource dataSource(String login) {
        PGSimpleDataSource other = new PGSimpleDataSource();
        other.setUrl(jdbcUrl(login));
        return other;
    }

    /** The same for a login without a password. */
    public String jdbcUrl(String login) {
        return jdbcUrl().replace("user=postgres", "user=" + login);
    }

    /** Its name, unlike any other's in the same server. */
    public String name() {
        return name;
    }

    /** Holds the user; there is no password. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + server.port() + "/" + name + "?user=postgres";
    }

    /** Opens a connection; the caller closes it. */
    public Connection connect() {
        try {
            return dataSource.getConnection();
        } catch (SQLException e) {
            throw new IllegalStateException("could not connect to " + jdbcUrl(), e);
        }
    }

    /**
     * Runs one statement, or several without parameters, in a transaction of its own.
     *
     * @return how many rows the first one touched; 0 when it returned rows
     */
    public int execute(String sql, @Nullable Object... parameters) {
        return run(sql, parameters, statement -> {
            statement.execute();
            return Math.max(0, statement.getUpdateCount());
        });
    }

    /** The first column of the first row; null when that is null, or there is no row. */
    public @Nullable Object value(String sql, @Nullable Object... parameters) {
        return run(sql, parameters, statement -> {
                    try (ResultSet rows = statement.executeQuery()) {
                        return Optional.ofNullable(rows.next() ? rows.getObject(1) : null);
                    }
                })
                .orElse(null);
    }

    private interface Use<T> {
        T of(PreparedStatement statement) throws SQLException;
    }

    /** On a connection that an earlier call left behind, if there is one: opening one takes as long as a dozen statements. */
    private <T> T run(String sql, @Nullable Object[] parameters, Use<T> use) {
        try {
            Connection left = idle.poll();
            Connection connection = left == null ? dataSource.getConnection() : left;
            T result;
            try (PreparedStatement statement = prepare(connection, sql, parameters)) {
                result = use.of(statement);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
            idle.push(connection);
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException("could not run: " + sql, e);
        }
    }

    /** The first column of the first row as text; null when that is null, or there is no row. */
    public @Nullable String text(String sql, @Nullable Object... parameters) {
        Object value = value(sql, parameters);
        return value == null ? null : value.toString();
    }

    /** The first column of the first row, which is a number. */
    public long number(String sql, @Nullable Object... parameters) {
        return ((Number) Objects.requireNonNull(value(sql, parameters), "no value: " + sql)).longValue();
    }

    private static PreparedStatement prepare(Connection connection, String sql, @Nullable Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    private void disconnect() {
        for (Connection connection = idle.poll(); connection != null; connection = idle.poll()) {
            try {
                connection.close();
            } catch (SQLException e) {
                // gone already
            }
        }
    }

    @Override
    public void close() {
        disconnect();
        server.drop(name);
    }
}
