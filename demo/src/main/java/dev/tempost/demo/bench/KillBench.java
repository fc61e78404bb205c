package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.database.Database;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** What {@code kill -9} in the middle of a drain costs: when the rows on their way go on, and which mails came twice. */
public final class KillBench {

    private static final Duration PER_MAIL = Duration.ofMillis(50);
    private static final String ON_THEIR_WAY = """
        SELECT o.id FROM tempost.outbox o WHERE o.status = 'dispatched' AND NOT EXISTS (
            SELECT FROM tempost.attempt a
            WHERE a.outbox_id = o.id AND a.finished_at IS NULL AND a.phase = 'transmitting') = ?
        """;

    private final Progress progress = new Progress(System.out);
    private final int rows;
    private final int rounds;

    /** @param rows how many rows a round drains; the process dies when half of them are delivered */
    public KillBench(int rows, int rounds) {
        this.rows = rows;
        this.rounds = rounds;
    }

    /** Runs it and prints the figures. */
    public void run() throws Exception {
        try (BenchStack stack = BenchStack.start(progress);
                SlowSink sink = new SlowSink();
                Deployment tempost = new Deployment(stack, sink, "bench_kill", System.getProperty("java.class.path"))) {
            sink.take(PER_MAIL);
            tempost.start("starter,worker");
            tempost.awaitSchema();
            tempost.awaitReadiness();
            for (int round = 1; round <= rounds; round++) {
                round(round, tempost, sink);
            }
        }
    }

    private void round(int round, Deployment tempost, SlowSink sink) throws Exception {
        sink.forget();
        Database outbox = new Database(tempost.outbox());
        outbox.update("empty the outbox", "TRUNCATE tempost.outbox CASCADE");
        outbox.update(
                "insert rows",
                "INSERT INTO tempost.outbox (event_type, recipient, payload)"
                        + " SELECT 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}'"
                        + " FROM generate_series(1, " + rows + ") n");
        BenchStack.await(() -> sink.accepted().size() >= rows / 2, "half of the mails");
        tempost.kill();
        long[] sendable = onTheirWay(outbox, true);
        long[] perhapsSent = onTheirWay(outbox, false);
        tempost.start("starter,worker");
        tempost.awaitReadiness();
        long ready = System.nanoTime();
        BenchStack.await(() -> delivered(outbox, sendable) == sendable.length, "the rows on their way");
        double goneOn = seconds(ready);
        BenchStack.await(() -> delivered(outbox, perhapsSent) == perhapsSent.length, "those perhaps sent");
        double all = seconds(ready);
        BenchStack.await(
                () -> number(outbox, "SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'") == rows,
                rows + " rows");
        Map<String, Long> mails =
                sink.accepted().stream().collect(Collectors.groupingBy(SlowSink.Accepted::to, Collectors.counting()));
        long unflagged = number(
                outbox,
                "SELECT count(*) FROM tempost.outbox o WHERE o.recipient = ANY (?) AND NOT EXISTS"
                        + " (SELECT FROM tempost.attempt a WHERE a.outbox_id = o.id AND a.phase = 'ambiguous')",
                (Object) mails.entrySet().stream()
                        .filter(mail -> mail.getValue() > 1)
                        .map(Map.Entry::getKey)
                        .toArray(String[]::new));
        progress.say(String.format(
                Locale.ROOT,
                "round %d: %d rows on their way delivered %.1f s after ready, %d perhaps sent %.1f s; of %d rows %d lost,"
                        + " %d twice, %d of these unflagged",
                round,
                sendable.length,
                goneOn,
                perhapsSent.length,
                all,
                rows,
                rows - mails.size(),
                mails.values().stream().filter(count -> count > 1).count(),
                unflagged));
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static long delivered(Database outbox, long[] ids) {
        return number(
                outbox, "SELECT count(*) FROM tempost.outbox WHERE id = ANY (?) AND status = 'delivered'", (Object)
                        ids);
    }

    private static long[] onTheirWay(Database outbox, boolean sendable) {
        return outbox.query("list rows on their way", ON_THEIR_WAY, row -> row.getLong(1), sendable).stream()
                .mapToLong(Long::longValue)
                .toArray();
    }

    private static long number(Database outbox, String sql, Object... parameters) {
        return Objects.requireNonNull(outbox.queryOne("count rows", sql, row -> row.getLong(1), parameters));
    }
}
