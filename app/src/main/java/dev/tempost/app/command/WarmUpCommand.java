package dev.tempost.app.command;

import dev.tempost.app.engine.Service;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.Callable;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Goes the ways that every start goes, where nobody answers, so that what they load can be kept for the starts to come. It
 * neither needs a server nor writes anything.
 */
@Command(name = "warm-up", hidden = true, description = "Loads what a start loads, for a cache of classes, and exits.")
final class WarmUpCommand implements Callable<Integer> {

    private static final Map<String, String> NOBODY = Map.of(
            "spring.datasource.url", "jdbc:postgresql://127.0.0.1:1/nobody",
            "spring.datasource.hikari.connection-timeout", "250",
            "spring.temporal.connection.target", "127.0.0.1:1",
            "spring.mail.host", "127.0.0.1",
            "tempost.providers.default.from", "nobody@example.com",
            "tempost.worker.grace", "0s",
            "server.address", "127.0.0.1",
            "server.port", "0",
            "management.server.port", "0");

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        NOBODY.forEach(System::setProperty);
        try (ConfigurableApplicationContext context = Service.withWeb().run()) {
            String port = context.getEnvironment().getProperty("local.management.port");
            URI readiness = URI.create("http://127.0.0.1:" + port + "/actuator/health/readiness");
            HttpURLConnection connection = (HttpURLConnection) readiness.toURL().openConnection();
            connection.getResponseCode();
            connection.disconnect();
        }
        // last: it does without a log
        spec.root().commandLine().execute("status", "--output", "json");
        return ExitCode.DONE;
    }
}
