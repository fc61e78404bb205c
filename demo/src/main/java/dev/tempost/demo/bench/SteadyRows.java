package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.demo.Inbox;
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
 * How long rows take that come one by one and find nothing in their way.
 *
 * @param run for how long they come
 */
record SteadyRows(Duration run, Progress progress) {

    private static final Duration BETWEEN_ROWS = Duration.ofMillis(50);

    void measure(BenchStack stack, Map<String, String> figures) throws Exception {
        progress.say("20 rows a second for " + run.toSeconds() + " s");
        int count = (int) (run.toMillis() / BETWEEN_ROWS.toMillis());
        Map<String, Instant> committedAt = new HashMap<>();
        Inbox inbox = stack.inbox();
        int mailsBefore = inbox.count();
        try (Connection connection = stack.database().dataSource().getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                                + " VALUES ('bench', 'welcome', ?, '{\"name\": \"Ada\"}')")) {
            connection.setAutoCommit(false);
            long next = System.nanoTime();
            for (int i = 0; i < count; i++) {
                String recipient = "latency" + i + "@example.com";
                insert.setString(1, recipient);
                insert.execute();
                committedAt.put(recipient, Instant.now());
                connection.commit();
                next += BETWEEN_ROWS.toNanos();
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
        BenchStack.await(() -> inbox.count() == mailsBefore + count, count + " mails");
        List<Double> millis = BenchStack.lags(inbox.mails().subList(mailsBefore, mailsBefore + count), committedAt);
        figures.put(
                "commit to SMTP acceptance at 20 rows/s",
                String.format(
                        Locale.ROOT,
                        "p50 %.1f ms, p99 %.1f ms, worst %.1f ms (%d rows)",
                        Figures.median(millis),
                        Figures.quantile(millis, 0.99),
                        Figures.quantile(millis, 1),
                        count));
    }
}
