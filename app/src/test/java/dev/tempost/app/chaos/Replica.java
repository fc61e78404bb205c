package dev.tempost.app.chaos;

import dev.tempost.app.TempostProcess;
import dev.tempost.embedded.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
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
        Map<String, String> all = new HashMap<>(settings);
        all.put("server.port", Integer.toString(port));
        ProcessBuilder serve =
                JAR == null ? TempostProcess.of(all, "serve") : TempostProcess.fromJar(JAR, all, "serve");
        wasReady = false;
        return serve.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Stops it as a rollout does; false when it had to be killed. */
    boolean stop() throws InterruptedException {
        process.destroy();
        boolean stopped = process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        kill();
        return stopped;
    }
}
