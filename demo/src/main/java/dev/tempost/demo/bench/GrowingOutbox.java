package dev.tempost.demo.bench;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.database.Schema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** An outbox of a given size, claimed over one connection. */
final class GrowingOutbox implements AutoCloseable {

    private static final Duration LEASE = Duration.ofMinutes(10);

    private final SingleConnectionDataSource connection;
    private final Claims claims;

    GrowingOutbox(DataSource database) throws SQLException {
        Schema.migrate(database);
        this.connection = new SingleConnectionDataSource(database.getConnection(), true);
        this.claims = new Claims(connection);
    }

    void fill(int finished, int pending) throws SQLException {
        execute("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, status, attempts, dispatched_at,"
                + " finished_at)"
                + " SELECT 'bench', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}', 'delivered', 1, now(), now()"
                + " FROM generate_series(1, " + finished + ") n");
        insert(pending);
        vacuum();
    }

    void vacuum() throws SQLException {
        execute("VACUUM ANALYZE tempost.outbox");
    }

    /** How long so many full batches take; none is finished. */
    double claimSeconds(int batch, int batches) {
        long startedAt = System.nanoTime();
        for (int i = 0; i < batches; i++) {
            claim(batch);
        }
        return (System.nanoTime() - startedAt) / 1e9;
    }

    /** How many milliseconds a claim took; what it took is delivered afterwards. */
    double claimFinish(int rows) throws SQLException {
        long startedAt = System.nanoTime();
        Object[] ids = claim(rows);
        double millis = (System.nanoTime() - startedAt) / 1e6;
        try (PreparedStatement deliver = connection
                .getConnection()
                .prepareStatement("UPDATE tempost.outbox SET status = 'delivered', lease_until = NULL,"
                        + " finished_at = clock_timestamp(), attempts = 1 WHERE id = ANY (?)")) {
            deliver.setArray(1, connection.getConnection().createArrayOf("bigint", ids));
            deliver.executeUpdate();
        }
        return millis;
    }

    /** The same, and the table stays as large as it is: as many rows arrive, and as many old ones leave. */
    double claimFinishReplace(int rows) throws SQLException {
        double millis = claimFinish(rows);
        insert(rows);
        execute("DELETE FROM tempost.outbox WHERE id IN (SELECT id FROM tempost.outbox WHERE status = 'delivered'"
                + " AND finished_at IS NOT NULL ORDER BY status, finished_at LIMIT " + rows + ")");
        return millis;
    }

    private Object[] claim(int rows) {
        List<Long> ids = claims.claim(rows, LEASE, EventTypes.all(), null).rows().stream()
                .map(row -> row.id())
                .toList();
        if (ids.size() != rows) {
            throw new IllegalStateException("a claim of " + rows + " rows took " + ids.size());
        }
        return ids.toArray();
    }

    private void insert(int pending) throws SQLException {
        execute("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                + " SELECT 'bench', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}'"
                + " FROM generate_series(1, " + pending + ") n");
    }

    private void execute(String sql) throws SQLException {
        Connection open = connection.getConnection();
        try (Statement statement = open.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        connection.destroy();
    }
}
