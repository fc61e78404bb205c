package dev.tempost.outbox.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Listens for {@code NOTIFY tempost_wake} on a connection of its own, and proves on that occasion that notifications come
 * through: behind a transaction pooler they do not.
 */
public final class WakeListener implements AutoCloseable {

    private static final Duration PROOF_PATIENCE = Duration.ofSeconds(2);
    // the driver's wait ignores interrupts: it is cut into pieces no longer than this
    private static final Duration HEEDING_INTERRUPTS = Duration.ofMillis(250);

    private final Connection connection;
    private final PGConnection notifications;

    private WakeListener(Connection connection) throws SQLException {
        this.connection = connection;
        this.notifications = connection.unwrap(PGConnection.class);
    }

    /**
     * Starts to listen.
     *
     * @throws OutboxUnavailableException when PostgreSQL cannot be reached
     */
    public static WakeListener open(DataSource dataSource) {
        try {
            Connection connection = dataSource.getConnection();
            try (Statement statement = connection.createStatement()) {
                statement.execute("LISTEN tempost_wake");
                return new WakeListener(connection);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new OutboxUnavailableException("listen for new rows", e);
        }
    }

    /** Whether a notification sent through this pool arrives here within the time given. */
    public boolean hears(DataSource dataSource, Duration patience) {
        String probe = "probe:" + UUID.randomUUID();
        try {
            new Database(dataSource).query("send a probe", "SELECT pg_notify('tempost_wake', ?)", row -> "", probe);
            long deadline = System.nanoTime() + patience.toNanos();
            while (System.nanoTime() < deadline) {
                for (PGNotification notification : received(Duration.ofMillis(100))) {
                    if (probe.equals(notification.getParameter())) {
                        return true;
                    }
                }
            }
            return false;
        } catch (SQLException e) {
            throw new OutboxUnavailableException("listen for new rows", e);
        }
    }

    /**
     * Waits for a notification; false when none came in time.
     *
     * @throws OutboxUnavailableException when the connection is gone, or leads to a server where nobody writes any more
     */
    public boolean await(Duration patience) throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (System.nanoTime() < deadline) {
                Duration left = Duration.ofNanos(deadline - System.nanoTime());
                if (received(left.compareTo(HEEDING_INTERRUPTS) < 0 ? left : HEEDING_INTERRUPTS).length > 0) {
                    return true;
                }
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
            ServerRole role = ServerRole.of(connection, PROOF_PATIENCE);
            if (role != ServerRole.PRIMARY) {
                throw new SQLException("the server is " + role.words());
            }
            return false;
        } catch (SQLException e) {
            throw new OutboxUnavailableException("listen for new rows", e);
        }
    }

    private PGNotification[] received(Duration patience) throws SQLException {
        // 0 would mean for ever
        int millis = Math.clamp(patience.toMillis(), 1, Integer.MAX_VALUE);
        PGNotification[] received = notifications.getNotifications(millis);
        return received == null ? new PGNotification[0] : received;
    }

    /** Stops listening. The connection goes back without the subscription. */
    @Override
    public void close() {
        try (connection;
                Statement statement = connection.createStatement()) {
            statement.execute("UNLISTEN *");
        } catch (SQLException ignored) {
            // a connection that is gone listens to nothing
        }
    }
}
