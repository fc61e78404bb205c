package dev.tempost.outbox.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/** What stands between this process and PostgreSQL, found out by asking servers who they are. */
public enum Pooling {
    /** Nothing: a connection is a server's for as long as it lives. */
    NONE,
    /** A pooler that leaves a connection its server: sessions work, LISTEN and session locks among them. */
    SESSION,
    /** A pooler that gives each transaction another server: nothing that belongs to a session works. */
    TRANSACTION;

    private static final int LOOKS = 10;

    /**
     * Finds out, over two connections at once.
     *
     * @param dataSource opens connections the way the one in question is opened; two at a time
     * @throws OutboxUnavailableException when PostgreSQL cannot be reached
     */
    public static Pooling of(DataSource dataSource) {
        try (Connection one = dataSource.getConnection()) {
            int server = serverOf(one);
            if (one.unwrap(PGConnection.class).getBackendPID() == server) {
                return NONE;
            }
            try (Connection other = dataSource.getConnection()) {
                for (int look = 0; look < LOOKS; look++) {
                    // in turns, so that a pooler that likes to reuse the server it used last is found out at once
                    if (serverOf(other) == server || serverOf(one) != server) {
                        return TRANSACTION;
                    }
                }
                return SESSION;
            }
        } catch (SQLException e) {
            throw new OutboxUnavailableException("find out whether a pooler stands before PostgreSQL", e);
        }
    }

    private static int serverOf(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }
}
