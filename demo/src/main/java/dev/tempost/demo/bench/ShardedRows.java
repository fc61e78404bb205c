package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import dev.tempost.outbox.rows.Pauses;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the order of shards costs.
 *
 * @param shards how many shards
 * @param rowsPerShard rows in each; as many wait beside them without a shard
 * @param rounds how many pairs of slices are compared
 */
record ShardedRows(int shards, int rowsPerShard, int rounds, Progress progress) {

    private static final int SLICE = 250;
    private static final int SUCCESSION = 200;

    /** Both backlogs wait at once, and a switch holds back the one whose turn it is not. */
    void measure(BenchQueue queue, Map<String, String> figures) throws Exception {
        progress.say(
                String.format(Locale.ROOT, "%,d shards of %d rows, and as many rows without", shards, rowsPerShard));
        Pauses pauses = new Pauses(queue.stack().database().dataSource());
        Pauses.Scope sharded = new Pauses.Scope("sharded", null, null);
        Pauses.Scope plain = new Pauses.Scope("plain", null, null);
        pauses.pause(sharded, "not its slice", "bench");
        pauses.pause(plain, "not its slice", "bench");
        queue.insert("sharded", shards * rowsPerShard, "'s' || n % " + shards);
        queue.insert("plain", shards * rowsPerShard, "NULL");
        List<Double> ratios = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        for (int round = 0; round <= rounds; round++) {
            double withShards = slice(queue, pauses, sharded);
            double without = slice(queue, pauses, plain);
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
        queue.discard();
    }

    /** How soon the next row of a shard goes once the one before it has ended, with nothing else to do. */
    void measureSuccession(BenchQueue queue, Map<String, String> figures) throws Exception {
        progress.say("One shard of " + SUCCESSION + " rows alone");
        queue.insert("succession", SUCCESSION, "'one'");
        queue.stack()
                .awaitThat(
                        "NOT EXISTS (SELECT FROM tempost.outbox WHERE status IN ('pending', 'dispatched')"
                                + " AND tenant = 'succession')",
                        "the rows of one shard");
        String since = "(SELECT o.id, o.dispatched_at, a.started_at, lag(o.finished_at) OVER (ORDER BY o.id) AS ended"
                + " FROM tempost.outbox o JOIN tempost.attempt a ON a.outbox_id = o.id WHERE o.tenant = 'succession') s";
        figures.put(
                "a shard's next row after the last one's end: claimed", queue.spread("dispatched_at - ended", since));
        figures.put("the same: its attempt begins", queue.spread("started_at - ended", since));
    }

    private static double slice(BenchQueue queue, Pauses pauses, Pauses.Scope scope) throws Exception {
        long before = queue.delivered();
        long startedAt = System.nanoTime();
        pauses.resume(scope, "bench");
        queue.awaitDelivered(before + SLICE);
        double seconds = (System.nanoTime() - startedAt) / 1e9;
        pauses.pause(scope, "not its slice", "bench");
        // what the switch met at the gate waits in Temporal, without a lease
        queue.awaitNoLease("the rest of a slice");
        return seconds;
    }
}
