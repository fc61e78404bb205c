package dev.tempost.outbox.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * What a server is to those who have to write. A standby, and a primary that was taken out of service, answer like any other
 * and refuse every write.
 */
public enum ServerRole {
    /** It takes writes. */
    PRIMARY("a primary"),
    /** It follows a primary. */
    STANDBY("a standby, which takes no writes"),
    /** It is no standby, and was told to refuse writes nevertheless: {@code default_transaction_read_only}. */
    READ_ONLY("read-only: default_transaction_read_only is on");

    private static final String ASK =
            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on'";

    private final String words;

    ServerRole(String words) {
        this.words = words;
    }

    /**
     * Asks the server at the other end of one connection of a pool.
     *
     * @throws OutboxUnavailableException when no connection is to be had, or it brings no answer in time
     */
    public static ServerRole of(DataSource dataSource, Duration patience) {
        try (Connection connection = dataSource.getConnection()) {
            return of(connection, patience);
        } catch (SQLException e) {
            throw new OutboxUnavailableException("ask whether PostgreSQL takes writes", e);
        }
    }

    static ServerRole of(Connection connection, Duration patience) throws SQLException {
        int before = connection.getNetworkTimeout();
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(patience.toMillis()));
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ASK)) {
            row.next();
            boolean readOnly = row.getBoolean(2);
            ServerRole role = row.getBoolean(1) ? STANDBY : readOnly ? READ_ONLY : PRIMARY;
            connection.setNetworkTimeout(Runnable::run, before);
            return role;
        }
    }

    /** Completes the sentence "the server is …". */
    public String words() {
        return words;
    }
}
