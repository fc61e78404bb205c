package dev.tempost.demo.bench;

import java.util.Locale;

/** The outbox of a benchmark, as a queue that is filled, drained and emptied. */
record BenchQueue(BenchStack stack) {

    /** @param shardKey an SQL expression over {@code n}, from 1 to the count */
    void insert(String tenant, int count, String shardKey) throws Exception {
        stack.execute("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, job_id, shard_key) SELECT '"
                + tenant + "', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}', 'bench', " + shardKey
                + " FROM generate_series(1, " + count + ") n");
    }

    long delivered() throws Exception {
        return stack.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'");
    }

    // index outbox_finished
    void awaitDelivered(long count) throws Exception {
        stack.awaitThat(
                "(SELECT count(*) FROM tempost.outbox WHERE status = 'delivered' AND finished_at IS NOT NULL) >= "
                        + count,
                count + " deliveries");
    }

    /** Cancels what still waits. */
    void discard() throws Exception {
        stack.execute("UPDATE tempost.outbox SET status = 'cancelled', finished_at = now() WHERE status = 'pending'");
        awaitNoLease("what was under way");
    }

    void awaitNoLease(String what) throws Exception {
        stack.awaitThat("NOT EXISTS (SELECT FROM tempost.outbox WHERE lease_until > now())", what);
    }

    /** The median and the 99th percentile of an SQL interval, in words. */
    String spread(String interval, String from) throws Exception {
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
}
