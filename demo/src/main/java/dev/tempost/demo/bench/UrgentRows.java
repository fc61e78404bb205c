package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * How long urgent rows take, and those of a small tenant, while many rows of another tenant wait.
 *
 * @param bulk how many wait
 * @param urgent how many urgent ones come
 */
record UrgentRows(int bulk, int urgent, Progress progress) {

    private static final Duration BETWEEN_URGENT_ROWS = Duration.ofMillis(400);
    private static final int SMALL = 3;

    /** Inserts them one by one, and tells how long they took. */
    void measure(BenchQueue queue, Map<String, String> figures) throws Exception {
        progress.say(bulk + " rows of one tenant wait; " + urgent + " urgent ones come, and some of a small tenant");
        BenchStack stack = queue.stack();
        queue.insert("large", bulk, "NULL");
        Map<String, Instant> urgentAt = new HashMap<>();
        Map<String, Instant> smallAt = new HashMap<>();
        try (Connection connection = stack.database().dataSource().getConnection();
                PreparedStatement one = connection.prepareStatement(
                        "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, priority)"
                                + " VALUES (?, 'welcome', ?, '{\"name\": \"Ada\"}', ?)")) {
            connection.setAutoCommit(false);
            long next = System.nanoTime();
            for (int i = 0; i < urgent; i++) {
                commit(connection, one, "large", "urgent" + i, 1, urgentAt);
                for (int j = 0; i % 3 == 0 && j < SMALL; j++) {
                    commit(connection, one, "small", "small" + i + "-" + j, 3, smallAt);
                }
                next += BETWEEN_URGENT_ROWS.toNanos();
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
        stack.awaitThat(
                "NOT EXISTS (SELECT FROM tempost.outbox WHERE status IN ('pending', 'dispatched')"
                        + " AND (priority = 1 OR tenant = 'small'))",
                "the urgent rows and those of the small tenant");
        long waiting = stack.number("SELECT count(*) FROM tempost.outbox WHERE status = 'pending'");
        if (waiting == 0) {
            throw new IllegalStateException(
                    "the bulk was gone before the last urgent row: take more of it, or fewer of those");
        }
        figures.put("urgent rows behind " + bulk + ", commit to acceptance", lags(stack, urgentAt));
        String them = "tempost.outbox o JOIN tempost.attempt a ON a.outbox_id = o.id WHERE o.priority = 1";
        figures.put("of that until the claim", queue.spread("o.dispatched_at - o.created_at", them));
        figures.put("of that until the attempt begins", queue.spread("a.started_at - o.created_at", them));
        figures.put("a small tenant's rows behind them", lags(stack, smallAt));
        figures.put("bulk rows that still waited then", String.format(Locale.ROOT, "%,d", waiting));
        figures.forEach((name, value) -> progress.say(name + ": " + value));
        queue.discard();
    }

    private static void commit(
            Connection connection,
            PreparedStatement insert,
            String tenant,
            String name,
            int priority,
            Map<String, Instant> committedAt)
            throws Exception {
        String recipient = name + "@example.com";
        insert.setString(1, tenant);
        insert.setString(2, recipient);
        insert.setInt(3, priority);
        insert.execute();
        committedAt.put(recipient, Instant.now());
        connection.commit();
    }

    private static String lags(BenchStack stack, Map<String, Instant> committedAt) {
        List<Double> millis = BenchStack.lags(stack.inbox().mails(), committedAt);
        return String.format(
                Locale.ROOT,
                "p50 %.0f ms, p99 %.0f ms, worst %.0f ms (%d rows)",
                Figures.median(millis),
                Figures.quantile(millis, 0.99),
                Figures.quantile(millis, 1),
                millis.size());
    }
}
