package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Eight pollers that are killed at random, with starts that only write down what was started. How many rows:
 * {@code -Dtempost.pollers.rows}.
 */
class ManyPollersTest {

    private static final Logger LOG = LoggerFactory.getLogger(ManyPollersTest.class);

    private static final int POLLERS = 8;
    private static final int ROWS = Integer.getInteger("tempost.pollers.rows", 5_000);
    private static final int SHARDS = ROWS / 50;
    private static final Duration LEASE = Duration.ofMillis(1500);
    // what a poller keeps from its lease, for a machine that stalls
    private static final Duration RESERVE = Duration.ofMillis(500);
    private static final double KILLED = 0.02;
    private static final Duration TIMEOUT = Duration.ofMinutes(8);

    /** A start, on the database's clock: until {@code leaseUntil} nobody else may start the row. */
    private record Start(long id, long at, long leaseUntil) {}

    private final Map<Long, ConcurrentLinkedQueue<Start>> starts = new ConcurrentHashMap<>();
    private final Map<String, Queue<Long>> order = new ConcurrentHashMap<>();
    private final AtomicInteger kills = new AtomicInteger();

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    @Test
    void noRowIsStartedTwiceUnderALeaseAndNoShardIsOutOfOrder() throws Exception {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, tenant, priority, shard_key)"
                + " SELECT 'welcome', 't' || n % 3, 2 + n % 2, CASE WHEN n % 3 = 0 THEN 's' || n % " + SHARDS + " END"
                + " FROM generate_series(1, " + ROWS + ") n");
        outbox.database.execute("ANALYZE tempost.outbox");
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        try (ExecutorService pollers = Executors.newFixedThreadPool(POLLERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < POLLERS; i++) {
                Random random = new Random(i);
                running.add(pollers.submit(() -> {
                    while (open() > 0) {
                        assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
                        try (Connection connection = outbox.database.connect()) {
                            pollUntilKilled(connection, random);
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> poller : running) {
                while (!poller.isDone()) {
                    assertThat(shardsWithTwoInFlight())
                            .as("shards with two rows in flight")
                            .isZero();
                }
                poller.get();
            }
        }

        LOG.info(
                "{} rows by {} pollers, {} kills, {} starts",
                ROWS,
                POLLERS,
                kills,
                starts.values().stream().mapToInt(Queue::size).sum());
        assertThat(kills).as("pollers that were killed").hasPositiveValue();
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'"))
                .isEqualTo(ROWS);
        assertThat(starts).hasSize(ROWS);
        starts.values().forEach(ManyPollersTest::assertNeverUnderALease);
        assertThat(order).isNotEmpty();
        order.forEach((shard, ids) ->
                assertThat(List.copyOf(ids)).as("starts of shard %s", shard).isSorted());
        claimsHaveNothingToMend();
    }

    private void claimsHaveNothingToMend() {
        Claims claims = new Claims(outbox.database.dataSource());
        claims.mendTurns();
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.shard"))
                .as("turns of nobody")
                .isZero();
    }

    private static void assertNeverUnderALease(ConcurrentLinkedQueue<Start> ofOneRow) {
        List<Start> inOrder =
                ofOneRow.stream().sorted(Comparator.comparingLong(Start::at)).toList();
        for (int i = 1; i < inOrder.size(); i++) {
            assertThat(inOrder.get(i).at())
                    .as("second start of row %s", inOrder.get(i).id())
                    .isGreaterThan(inOrder.get(i - 1).leaseUntil());
        }
    }

    private void pollUntilKilled(Connection connection, Random random) throws SQLException {
        Claims claims = new Claims(OneConnection.of(connection));
        while (true) {
            List<ClaimedRow> claimed =
                    new ArrayList<>(new DispatchedRows(OneConnection.of(connection)).reclaim(16, LEASE));
            claimed.addAll(claims.claim(16, LEASE, EventTypes.all(), null).rows());
            if (claimed.isEmpty()) {
                claims.mendTurns();
                if (open() == 0) {
                    return;
                }
            }
            for (ClaimedRow row : claimed) {
                if (random.nextDouble() < KILLED) {
                    kills.incrementAndGet();
                    return;
                }
                if (!start(connection, row)) {
                    continue;
                }
                if (random.nextDouble() < KILLED) {
                    kills.incrementAndGet();
                    return;
                }
                deliver(connection, row);
            }
        }
    }

    /** Starts nothing on a lease that is gone or about to be, as every poller. */
    private boolean start(Connection connection, ClaimedRow row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT shard_key,"
                + " extract(epoch FROM clock_timestamp()) * 1000000, extract(epoch FROM lease_until) * 1000000"
                + " FROM tempost.outbox WHERE id = ? AND status = 'dispatched' AND lease_until = ?"
                + " AND lease_until > clock_timestamp() + ? * interval '1 millisecond'")) {
            statement.setLong(1, row.id());
            statement.setTimestamp(2, lease(row));
            statement.setLong(3, RESERVE.toMillis());
            try (ResultSet live = statement.executeQuery()) {
                if (!live.next()) {
                    return false;
                }
                Start start = new Start(row.id(), live.getLong(2), live.getLong(3));
                starts.computeIfAbsent(row.id(), id -> new ConcurrentLinkedQueue<>())
                        .add(start);
                String shard = live.getString(1);
                if (shard != null) {
                    order.computeIfAbsent(shard, key -> new ConcurrentLinkedQueue<>())
                            .add(row.id());
                }
                return true;
            }
        }
    }

    private static void deliver(Connection connection, ClaimedRow row) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("UPDATE tempost.outbox"
                + " SET status = 'delivered', lease_until = NULL, finished_at = clock_timestamp()"
                + " WHERE id = ? AND status = 'dispatched' AND lease_until = ?")) {
            statement.setLong(1, row.id());
            statement.setTimestamp(2, lease(row));
            statement.executeUpdate();
        }
    }

    private static Timestamp lease(ClaimedRow row) {
        return Timestamp.from(Objects.requireNonNull(row.leaseUntil()));
    }

    private long shardsWithTwoInFlight() {
        return outbox.database.number("SELECT count(*) FROM (SELECT FROM tempost.outbox WHERE status = 'dispatched'"
                + " AND shard_key IS NOT NULL GROUP BY tenant, shard_key HAVING count(*) > 1) two");
    }

    private long open() {
        return outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status IN ('pending', 'dispatched')");
    }
}
