package dev.tempost.app.command;

import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.rows.Shard;
import dev.tempost.outbox.rows.Shards;
import java.util.List;
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

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "At most so many shards. Defaults to ${DEFAULT-VALUE}.",
            defaultValue = "10")
    private int limit;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Output output;

    @Override
    public Integer call() {
        return Outbox.with(dataSource -> {
            List<Shard> shards = new Shards(dataSource).deepest(tenant.name, limit);
            output.print(
                    Output.object(
                            "shards", shards.stream().map(ShardsCommand::json).toList()),
                    () -> print(shards));
            return ExitCode.DONE;
        });
    }

    private static Object json(Shard shard) {
        return Output.object(
                "tenant", shard.tenant(),
                "shard_key", shard.shardKey(),
                "open_rows", shard.depth(),
                "head", shard.head(),
                "head_status", shard.headStatus().column(),
                "since", shard.since(),
                "next_attempt_at", shard.nextAttemptAt(),
                "last_error_type", shard.lastErrorType(),
                "last_error", shard.lastError(),
                "waits_because", shard.reason());
    }

    private static void print(List<Shard> shards) {
        if (shards.isEmpty()) {
            System.out.println("no shard has open rows");
            return;
        }
        Formats.printf("%-16s %-24s %10s  %s%n", "tenant", "shard", "open rows", "waits because");
        shards.forEach(shard -> Formats.printf(
                "%-16s %-24s %,10d  %s%n", shard.tenant(), shard.shardKey(), shard.depth(), shard.reason()));
    }
}
