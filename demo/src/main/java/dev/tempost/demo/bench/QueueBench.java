package dev.tempost.demo.bench;

import dev.tempost.app.terminal.Progress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;

/** What a full outbox means for those who wait in it: an urgent row, a small tenant, the rows of many shards. */
public final class QueueBench {

    private final Progress progress = new Progress(System.out);
    private final UrgentRows urgentRows;
    private final ShardedRows shardedRows;

    /**
     * @param bulk rows that wait while urgent ones come
     * @param urgent how many urgent rows, and a third as often three rows of a small tenant
     * @param shards how many shards
     * @param rowsPerShard rows in each; as many wait beside them without a shard
     * @param rounds how many pairs of slices of 250 deliveries, sharded and not, are compared
     */
    public QueueBench(int bulk, int urgent, int shards, int rowsPerShard, int rounds) {
        this.urgentRows = new UrgentRows(bulk, urgent, progress);
        this.shardedRows = new ShardedRows(shards, rowsPerShard, rounds, progress);
    }

    /** Runs it and returns the figures by name. */
    public Map<String, String> run() throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (BenchStack stack = BenchStack.start(progress)) {
            ConfigurableApplicationContext application = stack.application(stack.settings());
            try {
                progress.say("Warming up with 1500 deliveries");
                BenchQueue queue = new BenchQueue(stack);
                queue.insert("warm-up", 1500, "NULL");
                queue.awaitDelivered(1500);
                urgentRows.measure(queue, figures);
                shardedRows.measure(queue, figures);
                shardedRows.measureSuccession(queue, figures);
            } finally {
                application.close();
            }
        }
        return figures;
    }
}
