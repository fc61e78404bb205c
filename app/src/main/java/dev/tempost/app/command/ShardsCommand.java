package dev.tempost.app.command;

import dev.tempost.outbox.rows.Shards;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The deepest shards, and why each waits. */
@Command(
        name = "shards",
        description = "Lists the deepest shards, and what each waits for.",
        mixinStandardHelpOptions = true)
final class ShardsCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Option(names = "--limit", description = "At most so many. Defaults to ${DEFAULT-VALUE}.", defaultValue = "10")
    private int limit;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            List<Shards.Shard> shards = new Shards(dataSource).deepest(tenant.name, limit);
            if (shards.isEmpty()) {
                System.out.println("no shard has open rows");
                return 0;
            }
            System.out.printf(Locale.ROOT, "%-16s %-24s %10s  %s%n", "tenant", "shard", "open rows", "waits because");
            shards.forEach(shard -> System.out.printf(
                    Locale.ROOT,
                    "%-16s %-24s %,10d  %s%n",
                    shard.tenant(),
                    shard.shardKey(),
                    shard.depth(),
                    shard.reason()));
            return 0;
        });
    }
}
