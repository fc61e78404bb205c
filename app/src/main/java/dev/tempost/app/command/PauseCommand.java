package dev.tempost.app.command;

import dev.tempost.outbox.rows.Pauses;
import java.time.OffsetDateTime;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Sets a kill switch. */
@Command(
        name = "pause",
        description = {
            "Holds rows back on every replica, from the next claim and the next attempt on. The rows stay, and wait.",
            "With several options, it holds back the rows to which all of them apply."
        },
        mixinStandardHelpOptions = true)
final class PauseCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Scope scope;

    @Option(
            names = "--reason",
            required = true,
            paramLabel = "TEXT",
            description = "Why, for those who find it paused. Required. No personal data.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String reason;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description =
                    "Lifted by itself after that long, for instance 30m or 2h. When left out, somebody has to resume it.")
    @Nullable
    private String forTime;

    @Override
    public Integer call() {
        Pauses.Scope paused = scope.scope();
        OffsetDateTime endsAt = InTime.after(spec, "--for", forTime);
        return Outbox.with(dataSource -> {
            boolean set = new Pauses(dataSource).pause(paused, reason, Operator.name(), endsAt);
            System.out.println(paused + (set ? ": paused" : ": was paused already; its reason stays"));
            return ExitCode.DONE;
        });
    }
}
