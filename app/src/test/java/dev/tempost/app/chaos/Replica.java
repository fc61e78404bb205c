package dev.tempost.app.chaos;

import dev.tempost.app.TempostApplication;
import dev.tempost.app.embedded.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@code tempost serve} in a process of its own: from the built jar when the build names it, else from the class path. */
final class Replica implements Victim {

    private static final @Nullable String JAR = System.getProperty("tempost.chaos.jar");
    private static final Duration GRACE = Duration.ofSeconds(60);

    private final Map<String, String> settings;
    private final Path log;
    private final int port = Ports.any();
    private Process process;
    private volatile boolean wasReady;

    Replica(Map<String, String> settings, Path log) throws IOException {
        this.settings = settings;
        this.log = log;
        this.process = start();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether it has done its work at some time since its start: before that its death would hurt nobody. */
    boolean isWorthKilling() {
        return isAlive() && (wasReady || isReady());
    }

    @Override
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void revive() throws IOException {
        if (!process.isAlive()) {
            process = start();
        }
    }

    boolean isReady() {
        boolean ready = answersReady();
        wasReady |= ready;
        return ready;
    }

    private boolean answersReady() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                                    HttpRequest.newBuilder(URI.create(
                                                    "http://127.0.0.1:" + port + "/actuator/health/readiness"))
                                            .timeout(Duration.ofSeconds(2))
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        if (JAR != null) {
            command.addAll(List.of("-jar", JAR));
        } else {
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), TempostApplication.class.getName()));
        }
        command.add("serve");
        ProcessBuilder builder = new ProcessBuilder(command);
        settings.forEach((property, value) -> builder.environment().put(variable(property), value));
        builder.environment().put(variable("server.port"), Integer.toString(port));
        wasReady = false;
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private static String variable(String property) {
        return property.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
    }

    /** Stops it as a rollout does; false when it had to be killed. */
    boolean stop() throws InterruptedException {
        process.destroy();
        boolean stopped = process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        kill();
        return stopped;
    }
}
