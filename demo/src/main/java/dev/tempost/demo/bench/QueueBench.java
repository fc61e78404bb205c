package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.rows.Pauses;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.springframework.context.ConfigurableApplicationContext;

/** What a full outbox means for those who wait in it: an urgent row, a small tenant, the rows of many shards. */
public final class QueueBench {

    private static final int SLICE = 250;
    private static final Duration BETWEEN_URGENT_ROWS = Duration.ofMillis(400);
    private static final int SMALL = 3;
    private static final int SUCCESSION = 200;

    private final Progress progress = new Progress(System.out);
    private final int bulk;
    private final int urgent;
    private final int shards;
    private final int rowsPerShard;
    private final int rounds;

    /**
     * @param bulk rows that wait while urgent ones come
     * @param urgent how many urgent rows, and a third as often three rows of a small tenant
     * @param shards how many shards
     * @param rowsPerShard rows in each; as many wait beside them without a shard
     * @param rounds how many pairs of slices of 250 deliveries, sharded and not, are compared
     */
    public QueueBench(int bulk, int urgent, int shards, int rowsPerShard, int rounds) {
        this.bulk = bulk;
        this.urgent = urgent;
        this.shards = shards;
        this.rowsPerShard = rowsPerShard;
        this.rounds = rounds;
    }

    /** Runs it and returns the figures by name. */
    public Map<String, String> run() throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (BenchStack stack = BenchStack.start(progress)) {
            ConfigurableApplicationContext application = stack.application(stack.settings());
            try {
                progress.say("Warming up with 1500 deliveries");
                insert(stack, "warm-up", 1500, "NULL");
                awaitDelivered(stack, 1500);
                urgency(stack, figures);
                sharding(stack, figures);
                succession(stack, figures);
            } finally {
                application.close();
            }
        }
        return figures;
    }

    private void urgency(BenchStack stack, Map<String, String> figures) throws Exception {
        progress.say(bulk + " rows of one tenant wait; " + urgent + " urgent ones come, and some of a small tenant");
        insert(stack, "large", bulk, "NULL");
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
        figures.put("of that until the claim", spread(stack, "o.dispatched_at - o.created_at", them));
        figures.put("of that until the attempt begins", spread(stack, "a.started_at - o.created_at", them));
        figures.put("a small tenant's rows behind them", lags(stack, smallAt));
        figures.put("bulk rows that still waited then", String.format(Locale.ROOT, "%,d", waiting));
        figures.forEach((name, value) -> progress.say(name + ": " + value));
        discard(stack);
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

    private static String spread(BenchStack stack, String interval, String from) throws Exception {
        return String.format(
                Locale.ROOT,
                "p50 %d ms, p99 %d ms",
                stack.number(quantile(0.5, interval, from)),
                stack.number(quantile(0.99, interval, from)));
    }

    private static String quantile(double quantile, String interval, String from) {
        return "SELECT round(percentile_cont(" + quantile + ") WITHIN GROUP (ORDER BY extract(epoch FROM " + interval
                + ") * 1000)) FROM " + from;
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

    /** Both backlogs wait at once, and a switch holds back the one whose turn it is not. */
    private void sharding(BenchStack stack, Map<String, String> figures) throws Exception {
        progress.say(
                String.format(Locale.ROOT, "%,d shards of %d rows, and as many rows without", shards, rowsPerShard));
        Pauses pauses = new Pauses(stack.database().dataSource());
        Pauses.Scope sharded = new Pauses.Scope("sharded", null, null);
        Pauses.Scope plain = new Pauses.Scope("plain", null, null);
        pauses.pause(sharded, "not its slice", "bench");
        pauses.pause(plain, "not its slice", "bench");
        insert(stack, "sharded", shards * rowsPerShard, "'s' || n % " + shards);
        insert(stack, "plain", shards * rowsPerShard, "NULL");
        List<Double> ratios = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
            double withShards = slice(stack, pauses, sharded);
            double without = slice(stack, pauses, plain);
            progress.say(String.format(
                    Locale.ROOT,
                    "%s: %.0f deliveries/s in shards, %.0f without, ratio %.2f",
                    round == 0 ? "First pair, not counted" : "Pair " + round + " of " + rounds,
                    SLICE / withShards,
                    SLICE / without,
                    without / withShards));
            if (round > 0) {
                ratios.add(without / withShards);
                rates.add(SLICE / withShards);
            }
        }
        pauses.resume(sharded, "bench");
        pauses.resume(plain, "bench");
        figures.put(
                String.format(Locale.ROOT, "%,d shards of %d rows beside no shards", shards, rowsPerShard),
                String.format(
                        Locale.ROOT,
                        "ratio %.2f (%.2f, %.2f), %.0f deliveries/s",
                        Figures.median(ratios),
                        Figures.quantile(ratios, 0),
                        Figures.quantile(ratios, 1),
                        Figures.median(rates)));
        discard(stack);
    }

    /** How soon the next row of a shard goes once the one before it has ended, with nothing else to do. */
    private void succession(BenchStack stack, Map<String, String> figures) throws Exception {
        progress.say("One shard of " + SUCCESSION + " rows alone");
        insert(stack, "succession", SUCCESSION, "'one'");
        stack.awaitThat(
                "NOT EXISTS (SELECT FROM tempost.outbox WHERE status IN ('pending', 'dispatched')"
                        + " AND tenant = 'succession')",
                "the rows of one shard");
        String since = "(SELECT o.id, o.dispatched_at, a.started_at, lag(o.finished_at) OVER (ORDER BY o.id) AS ended"
                + " FROM tempost.outbox o JOIN tempost.attempt a ON a.outbox_id = o.id WHERE o.tenant = 'succession') s";
        figures.put(
                "a shard's next row after the last one's end: claimed", spread(stack, "dispatched_at - ended", since));
        figures.put("the same: its attempt begins", spread(stack, "started_at - ended", since));
    }

    private static double slice(BenchStack stack, Pauses pauses, Pauses.Scope scope) throws Exception {
        long before = delivered(stack);
        long startedAt = System.nanoTime();
        pauses.resume(scope, "bench");
        awaitDelivered(stack, before + SLICE);
        double seconds = (System.nanoTime() - startedAt) / 1e9;
        pauses.pause(scope, "not its slice", "bench");
        // what the switch met at the gate waits in Temporal, without a lease
        stack.awaitThat("NOT EXISTS (SELECT FROM tempost.outbox WHERE lease_until > now())", "the rest of a slice");
        return seconds;
    }

    private static void insert(BenchStack stack, String tenant, int count, String shardKey) throws Exception {
        stack.execute("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, job_id, shard_key) SELECT '"
                + tenant + "', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}', 'bench', " + shardKey
                + " FROM generate_series(1, " + count + ") n");
    }

    private static long delivered(BenchStack stack) throws Exception {
        return stack.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'");
    }

    // index outbox_finished
    private static void awaitDelivered(BenchStack stack, long count) throws Exception {
        stack.awaitThat(
                "(SELECT count(*) FROM tempost.outbox WHERE status = 'delivered' AND finished_at IS NOT NULL) >= "
                        + count,
                count + " deliveries");
    }

    private static void discard(BenchStack stack) throws Exception {
        stack.execute("UPDATE tempost.outbox SET status = 'cancelled', finished_at = now() WHERE status = 'pending'");
        stack.awaitThat("NOT EXISTS (SELECT FROM tempost.outbox WHERE lease_until > now())", "what was under way");
    }
}
