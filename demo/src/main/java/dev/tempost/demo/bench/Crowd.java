package dev.tempost.demo.bench;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.ClaimRules.Share;
import dev.tempost.outbox.claim.EventTypes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What an outbox is crowded with.
 *
 * @param setup the statements that make it so
 * @param held what an application's transaction holds meanwhile, as a statement; empty for nothing
 * @param rules by which it is claimed
 */
record Crowd(String name, List<String> setup, String held, ClaimRules rules) {

    private static final EventTypes NONE = new EventTypes(true, Set.of());

    static List<Crowd> all() {
        Map<String, Share> limited =
                IntStream.rangeClosed(1, 1000).boxed().collect(Collectors.toMap(n -> "t" + n, n -> new Share(1, 1)));
        return List.of(
                crowd("nothing else", List.of()),
                crowd("a shard of 400,000 behind a failed head", List.of(failed("s"), shard("s", 400_000))),
                crowd(
                        "the same, each row in a transaction of its own",
                        List.of(failed("s"), "SET session_replication_role = replica", shard("s", 400_000))),
                crowd(
                        "4 shards of 100,000, as single transactions",
                        List.of(
                                "SET session_replication_role = replica",
                                shard("a", 100_000),
                                shard("b", 100_000),
                                shard("c", 100_000),
                                shard("d", 100_000))),
                crowd(
                        "40,000 one-row shards for tomorrow",
                        List.of("INSERT INTO tempost.outbox (event_type, shard_key, deliver_after) SELECT 'welcome',"
                                + " 's' || n, now() + interval '1 day' FROM generate_series(1, 40000) n")),
                new Crowd(
                        "1,000 tenants at their limits",
                        List.of(
                                "INSERT INTO tempost.outbox (event_type, tenant, status, dispatched_at, lease_until)"
                                        + " SELECT 'welcome', 't' || n, 'dispatched', now(), now() + interval '1 hour'"
                                        + " FROM generate_series(1, 1000) n",
                                "INSERT INTO tempost.outbox (event_type, tenant) SELECT 'welcome', 't' || 1 + n % 1000"
                                        + " FROM generate_series(1, 20000) n"),
                        "",
                        new ClaimRules(limited, List.of(), NONE, ClaimRules.Batches.NONE)),
                new Crowd(
                        "50 shards that an application holds",
                        List.of(
                                "INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', 's' || n"
                                        + " FROM generate_series(1, 50) n",
                                "INSERT INTO tempost.shard (tenant, shard_key, head) SELECT tenant, shard_key, id"
                                        + " FROM tempost.outbox WHERE shard_key IS NOT NULL"),
                        "SELECT FROM tempost.shard FOR UPDATE",
                        ClaimRules.defaults()),
                crowd(
                        "1,000,000 open shards",
                        List.of("INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', 's' || n"
                                + " FROM generate_series(1, 1000000) n")));
    }

    private static Crowd crowd(String name, List<String> setup) {
        return new Crowd(name, setup, "", ClaimRules.defaults());
    }

    private static String failed(String shard) {
        return "INSERT INTO tempost.outbox (event_type, shard_key, status) VALUES ('welcome', '" + shard
                + "', 'failed')";
    }

    private static String shard(String key, int rows) {
        return "INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', '" + key
                + "' FROM generate_series(1, " + rows + ")";
    }
}
