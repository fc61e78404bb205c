package dev.tempost.app.command;

import dev.tempost.outbox.rows.Pauses;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lifts a kill switch. */
@Command(
        name = "resume",
        description =
                "Lifts the switch that was set with the same options. Rows that waited in Temporal come back within"
                        + " two minutes, all others at once.",
        mixinStandardHelpOptions = true)
final class ResumeCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Scope scope;

    @Override
    public Integer call() {
        Pauses.Scope resumed = scope.scope();
        return Outbox.with(dataSource -> {
            Pauses pauses = new Pauses(dataSource);
            if (pauses.resume(resumed, Operator.name())) {
                System.out.println(resumed + ": resumed");
                return ExitCode.DONE;
            }
            System.err.println(resumed + " is not paused. These are:");
            pauses.active().forEach(pause -> System.err.println("  " + pause.scope()));
            return ExitCode.REFUSED;
        });
    }
}
