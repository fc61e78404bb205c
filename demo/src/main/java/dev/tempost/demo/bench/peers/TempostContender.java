package dev.tempost.demo.bench.peers;

import dev.tempost.demo.bench.BenchStack;
import dev.tempost.demo.bench.Deployment;
import dev.tempost.demo.bench.SlowSink;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Tempost: rows that this process inserts, and {@code serve} in a process of its own. */
final class TempostContender implements Contender {

    private static final String INSERT = "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, priority)"
            + " VALUES ('bench', 'welcome', ?, '{\"name\": \"Ada\"}', ?)";
    private static final String UNFLAGGED = """
        SELECT count(*) FROM tempost.outbox o WHERE o.recipient = ANY (?) AND NOT EXISTS (
            SELECT FROM tempost.attempt a WHERE a.outbox_id = o.id AND a.phase = 'ambiguous')
        """;

    private final Deployment tempost;

    private TempostContender(Deployment tempost) throws Exception {
        this.tempost = tempost;
        try {
            restart();
        } catch (Exception e) {
            tempost.close();
            throw e;
        }
    }

    /** @param lane the environment variables of its lane */
    static TempostContender start(
            BenchStack stack, SlowSink sink, int connections, String database, Map<String, String> lane)
            throws Exception {
        Map<String, String> settings = new HashMap<>(lane);
        settings.put("TEMPOST_PROVIDERS_DEFAULT_MAXCONNECTIONS", Integer.toString(connections));
        return new TempostContender(new Deployment(
                stack, sink, database, System.getProperty("java.class.path"), PeersBench.HEAP, settings));
    }

    @Override
    public Map<String, Instant> insert(Rows rows) throws Exception {
        Map<String, Instant> committedAt = new HashMap<>();
        try (Connection connection = tempost.outbox().getConnection();
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            connection.setAutoCommit(false);
            long next = System.nanoTime();
            for (int from = 0; from < rows.count(); from += rows.batch()) {
                Instant began = Instant.now();
                for (int i = from; i < Math.min(rows.count(), from + rows.batch()); i++) {
                    insert.setString(1, rows.prefix() + i + "@example.com");
                    insert.setInt(2, rows.urgent() ? 1 : 3);
                    insert.addBatch();
                    committedAt.put(rows.prefix() + i, began);
                }
                insert.executeBatch();
                connection.commit();
                next += rows.everyMillis() * 1_000_000;
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
        return committedAt;
    }

    @Override
    public void kill() {
        tempost.kill();
    }

    @Override
    public void restart() throws Exception {
        tempost.start("starter,worker");
        tempost.awaitSchema();
        tempost.awaitReadiness();
    }

    @Override
    public long pid() {
        return tempost.pid();
    }

    @Override
    public long unflagged(Set<String> doubled) throws Exception {
        try (Connection connection = tempost.outbox().getConnection();
                PreparedStatement count = connection.prepareStatement(UNFLAGGED)) {
            count.setArray(
                    1,
                    connection.createArrayOf(
                            "text",
                            doubled.stream().map(id -> id + "@example.com").toArray()));
            try (ResultSet result = count.executeQuery()) {
                result.next();
                return result.getLong(1);
            }
        }
    }

    @Override
    public void close() {
        tempost.kill();
    }
}
