package dev.tempost.app.command;

import dev.tempost.app.engine.DependencyHealth;
import dev.tempost.app.engine.Engine;
import dev.tempost.app.engine.Service;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.rows.Backlog;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Delivers what is due, and exits. */
@Command(
        name = "drain",
        description = {
            "Delivers what is due, waits for first attempts, leaves later ones to Temporal, and exits.",
            "Exits with 1 when that takes too long, with 3 when it does because a server does not answer."
        },
        mixinStandardHelpOptions = true)
final class DrainCommand implements Callable<Integer> {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Tenant tenant;

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "How long it may take, for instance 90s or 15m. Defaults to ${DEFAULT-VALUE}.",
            defaultValue = "15m")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private String timeout;

    @Override
    public Integer call() throws InterruptedException {
        Duration patience = patience();
        Map<String, String> properties = new HashMap<>();
        properties.put("tempost.roles", "starter,worker");
        if (tenant.name != null) {
            properties.put("tempost.starter.tenant", tenant.name);
        }
        try (ConfigurableApplicationContext context = Service.withoutWeb().run(Service.arguments(properties))) {
            Backlog backlog = context.getBean(Backlog.class);
            DependencyHealth health = context.getBean(DependencyHealth.class);
            boolean done = drained(context.getBean(Engine.class), backlog, System.nanoTime() + patience.toNanos());
            report(backlog, health, done, patience);
            return done ? ExitCode.DONE : health.up() ? ExitCode.REFUSED : ExitCode.SERVER;
        }
    }

    private Duration patience() {
        try {
            return DurationStyle.detectAndParse(timeout);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--timeout " + timeout + ": give a duration, for instance 90s or 15m");
        }
    }

    private boolean drained(Engine engine, Backlog backlog, long deadline) throws InterruptedException {
        while (System.nanoTime() < deadline) {
            engine.throwRefusal();
            try {
                if (backlog.unfinished(tenant.name) == 0) {
                    return true;
                }
            } catch (OutboxUnavailableException e) {
                // not there yet, or no longer: the timeout decides
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
        return false;
    }

    private void report(Backlog backlog, DependencyHealth parts, boolean done, Duration patience) {
        try {
            List<Backlog.Total> totals = backlog.totals(tenant.name);
            System.out.println((done ? "Drained: " : "Not drained after " + patience.toSeconds() + " s: ")
                    + (totals.isEmpty()
                            ? "no rows"
                            : totals.stream()
                                    .map(total ->
                                            total.rows() + " " + total.status().column())
                                    .collect(Collectors.joining(", "))));
        } catch (OutboxUnavailableException e) {
            System.out.println("Not drained after " + patience.toSeconds() + " s: " + e.getMessage());
        }
        if (!done) {
            parts.states().forEach((part, state) -> System.out.println("  " + part.label() + ": " + state));
        }
    }
}
