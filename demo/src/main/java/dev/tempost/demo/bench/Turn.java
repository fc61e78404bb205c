package dev.tempost.demo.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * What a deployment made of many rows at once.
 *
 * @param rowsPerSecond how fast they went
 * @param urgentMillis how long each of the urgent rows among them took
 */
record Turn(double rowsPerSecond, List<Double> urgentMillis) {

    private static final Duration BETWEEN_URGENT_ROWS = Duration.ofMillis(500);
    private static final String INSERT =
            "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, priority)";

    /** Delivers that many rows, with urgent ones coming in between. */
    static Turn of(Deployment tempost, SlowSink sink, int count) throws Exception {
        sink.forget();
        Map<String, Instant> urgentAt = new HashMap<>();
        try (Connection connection = tempost.outbox().getConnection();
                PreparedStatement bulk = connection.prepareStatement(INSERT
                        + " SELECT 'bench', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}', 3"
                        + " FROM generate_series(1, ?) n");
                PreparedStatement urgent = connection.prepareStatement(
                        INSERT + " VALUES ('bench', 'welcome', ?, '{\"name\": \"Ada\"}', 1)")) {
            bulk.setInt(1, count);
            bulk.execute();
            long next = System.nanoTime() + 2 * BETWEEN_URGENT_ROWS.toNanos();
            while (sink.accepted().size() < 0.9 * count) {
                LockSupport.parkNanos(next - System.nanoTime());
                next += BETWEEN_URGENT_ROWS.toNanos();
                String recipient = "urgent" + urgentAt.size() + "@example.com";
                urgent.setString(1, recipient);
                urgentAt.put(recipient, Instant.now());
                urgent.execute();
            }
        }
        BenchStack.await(() -> sink.accepted().size() >= count + urgentAt.size(), count + " mails");
        List<SlowSink.Accepted> mails = sink.accepted();
        return new Turn(
                perSecond(mails),
                mails.stream()
                        .filter(mail -> urgentAt.containsKey(mail.to()))
                        .map(mail -> Duration.between(urgentAt.get(mail.to()), mail.at())
                                        .toNanos()
                                / 1e6)
                        .toList());
    }

    /** In the middle: the beginning and the end are no throughput. */
    private static double perSecond(List<SlowSink.Accepted> mails) {
        int from = mails.size() / 10;
        int to = mails.size() * 9 / 10;
        Duration between = Duration.between(mails.get(from).at(), mails.get(to).at());
        return (to - from) / (between.toNanos() / 1e9);
    }
}
