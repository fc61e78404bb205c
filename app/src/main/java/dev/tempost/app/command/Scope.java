package dev.tempost.app.command;

import dev.tempost.outbox.rows.Pauses;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a switch is about. */
final class Scope {

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec command;

    @Option(names = "--tenant", paramLabel = "NAME", description = "The rows of this tenant.")
    @Nullable
    private String tenant;

    @Option(names = "--event-type", paramLabel = "NAME", description = "The rows of this event type.")
    @Nullable
    private String eventType;

    @Option(names = "--shard", paramLabel = "KEY", description = "The rows of this shard of the tenant.")
    @Nullable
    private String shard;

    @Option(names = "--all", description = "Every row.")
    private boolean all;

    /** What the options say. */
    Pauses.Scope scope() {
        if (all != (tenant == null && eventType == null && shard == null)) {
            throw new ParameterException(
                    command.commandLine(),
                    all
                            ? "--all is every row: leave it out, or leave the other options out."
                            : "Say what: --tenant, --event-type, --shard with its --tenant, several of them at once, or"
                                    + " --all.");
        }
        if (shard != null && tenant == null) {
            throw new ParameterException(command.commandLine(), "--shard needs --tenant: a shard is one tenant's.");
        }
        return new Pauses.Scope(tenant, eventType, shard);
    }
}
