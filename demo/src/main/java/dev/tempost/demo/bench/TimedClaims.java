package dev.tempost.demo.bench;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** Claims rows over a connection of its own, and notes how long each claim takes. */
final class TimedClaims implements AutoCloseable {

    /** How many rows a claim may take. */
    static final int ROOM = 7;

    private static final Duration LEASE = Duration.ofMinutes(10);

    private final SingleConnectionDataSource connection;
    private final Claims claims;
    private final List<Double> millis = new ArrayList<>();

    TimedClaims(DataSource database, ClaimRules rules) throws SQLException {
        this.connection = new SingleConnectionDataSource(database.getConnection(), true);
        this.claims = new Claims(connection, rules);
    }

    /** One claim; what it took is delivered afterwards. */
    void claimAndFinish() throws SQLException {
        long startedAt = System.nanoTime();
        List<ClaimedRow> rows =
                claims.claim(ROOM, LEASE, EventTypes.all(), null).rows();
        millis.add((System.nanoTime() - startedAt) / 1e6);
        try (Connection open = connection.getConnection();
                Statement statement = open.createStatement()) {
            for (ClaimedRow row : rows) {
                statement.execute("UPDATE tempost.outbox SET status = 'delivered', lease_until = NULL,"
                        + " finished_at = clock_timestamp() WHERE id = " + row.id());
            }
        }
    }

    /** Of all claims so far. */
    List<Double> millis() {
        return millis;
    }

    @Override
    public void close() {
        connection.destroy();
    }
}
