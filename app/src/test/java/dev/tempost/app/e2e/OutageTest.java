package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.engine.Dependency;
import dev.tempost.app.engine.DependencyHealth;
import dev.tempost.embedded.EmbeddedTemporal;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.rows.RowStatus;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

class OutageTest {

    private static final int ROWS = 20;

    /** How long a part stays away once Tempost has noticed, in every build; set tempost.test.outage for a longer one. */
    private static final Duration OUTAGE = Duration.parse(System.getProperty("tempost.test.outage", "PT5S"));

    @Test
    void temporalGoesAndComesBackWhileRowsArrive() {
        int port = Ports.any();
        Path folder = Stack.folder();
        Path database = folder.resolve("temporal.db");
        EmbeddedTemporal temporal =
                EmbeddedTemporal.start(port, 0, folder.resolve("temporal.log"), database, System.err::println);
        try (Installation tempost = new Installation(temporal.target())) {
            ConfigurableApplicationContext context = tempost.migrated().start();
            tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);
            temporal.close();
            awaitPart(context, Dependency.TEMPORAL, false);
            arriveDuring(tempost);

            temporal = EmbeddedTemporal.start(port, 0, folder.resolve("temporal2.log"), database, System.err::println);

            tempost.awaitAll(RowStatus.DELIVERED, ROWS + 1);
            awaitPart(context, Dependency.TEMPORAL, true);
            eachExactlyOnce(tempost);
        } finally {
            temporal.close();
        }
    }

    @Test
    void postgresqlIsRestartedWhileRowsArrive() throws IOException {
        Path data = Files.createTempDirectory("tempost-pg");
        EmbeddedPostgres postgres = postgres(data, Ports.any());
        int port = postgres.getPort();
        try (Installation tempost = new Installation(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
                Stack.shared().temporalTarget())) {
            ConfigurableApplicationContext context = tempost.migrated().start();
            tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);
            rows(tempost);
            postgres.close();
            awaitPart(context, Dependency.POSTGRESQL, false);

            postgres = postgres(data, port);

            tempost.awaitAll(RowStatus.DELIVERED, ROWS + 1);
            awaitPart(context, Dependency.POSTGRESQL, true);
            eachExactlyOnce(tempost);
        } finally {
            postgres.close();
        }
    }

    @Test
    void theMailServerGoesAndComesBackAndNoAttemptIsBurnt() {
        try (Installation tempost = new Installation()) {
            ConfigurableApplicationContext context = tempost.migrated().start();
            tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);
            tempost.smtp.stop();
            awaitPart(context, Dependency.SMTP, false);
            arriveDuring(tempost);

            tempost.smtp.start();

            tempost.awaitAll(RowStatus.DELIVERED, ROWS + 1);
            assertThat(tempost.number("SELECT max(attempts) FROM tempost.outbox"))
                    .as("attempts that reached the provider")
                    .isEqualTo(1);
            eachExactlyOnce(tempost);
        }
    }

    @Test
    void startedBeforeEverythingItWaitsIsNotReadyAndThenDelivers() throws Exception {
        int port = Ports.any();
        Path folder = Stack.folder();
        EmbeddedTemporal temporal = null;
        try (Installation tempost = new Installation("127.0.0.1:" + port)) {
            tempost.smtp.stop();
            ConfigurableApplicationContext context = tempost.startWithWeb();
            awaitPart(context, Dependency.POSTGRESQL, true);
            HttpResponse<String> readiness = get(context, "/actuator/health/readiness");
            assertThat(readiness.statusCode()).isEqualTo(503);
            assertThat(readiness.body())
                    .contains("\"smtp\":{\"status\":\"AWAY\"}")
                    .contains("\"temporal\":{\"status\":\"DOWN\"}")
                    .doesNotContain("127.0.0.1", "refused", "UNAVAILABLE");
            assertThat(get(context, "/actuator/health/liveness").statusCode()).isEqualTo(200);

            temporal = EmbeddedTemporal.start(port, 0, folder.resolve("temporal.log"), null, System.err::println);

            await("readiness, without a mail server")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> get(context, "/actuator/health/readiness").statusCode() == 200);
            assertThat(get(context, "/actuator/health/readiness").body()).contains("AWAY");
            assertThat(get(context, "/actuator/prometheus").body()).contains("tempost_part_up{part=\"smtp\"} 0");
            tempost.smtp.start();
            long id = tempost.welcome("ada@example.com");
            tempost.awaitStatus(id, RowStatus.DELIVERED);
            await("metrics")
                    .atMost(Installation.TIMEOUT)
                    .untilAsserted(() -> assertThat(
                                    get(context, "/actuator/prometheus").body())
                            .contains(
                                    "tempost_outcomes_total{event_type=\"welcome\",outcome=\"delivered\",tenant=\"default\"}"
                                            + " 1")
                            .contains("tempost_delivery_lag_seconds_bucket")
                            .contains("tempost_part_up{part=\"smtp\"} 1"));
        } finally {
            if (temporal != null) {
                temporal.close();
            }
        }
    }

    @Test
    void theBacklogIsOnTheMetricsPage() throws Exception {
        try (Installation tempost = new Installation().with("tempost.roles", "console")) {
            tempost.migrated();
            tempost.execute("INSERT INTO tempost.outbox (tenant, event_type, recipient, created_at) VALUES"
                    + " ('club', 'welcome', 'ada@example.com', now() - interval '2 hours')");
            ConfigurableApplicationContext context = tempost.startWithWeb();

            await("the backlog").atMost(Installation.TIMEOUT).untilAsserted(() -> {
                String metrics = get(context, "/actuator/prometheus").body();
                assertThat(metrics)
                        .contains("tempost_outbox_rows{event_type=\"welcome\",status=\"pending\",tenant=\"club\"} 1")
                        .doesNotContain("part=\"smtp\"");
                String age = metrics.lines()
                        .filter(line -> line.startsWith("tempost_outbox_oldest_age_seconds{"))
                        .findFirst()
                        .orElseThrow();
                assertThat(Double.parseDouble(age.substring(age.lastIndexOf(' '))))
                        .isBetween(7200.0, 7300.0);
            });
        }
    }

    private static EmbeddedPostgres postgres(Path data, int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    /** Rows go on arriving until the outage has lasted long enough. */
    private static void arriveDuring(Installation tempost) {
        rows(tempost);
        long until = System.nanoTime() + OUTAGE.toNanos();
        await("the outage to last")
                .atMost(OUTAGE.plusSeconds(10))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> System.nanoTime() > until);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'"))
                .isEqualTo(1);
    }

    private static void rows(Installation tempost) {
        IntStream.range(0, ROWS).forEach(i -> tempost.welcome("row" + i + "@example.com"));
    }

    private static void eachExactlyOnce(Installation tempost) {
        IntStream.range(0, ROWS)
                .forEach(i -> assertThat(tempost.smtp.received("row" + i + "@example.com"))
                        .as("mails of row %d", i)
                        .isEqualTo(1));
    }

    private static void awaitPart(ConfigurableApplicationContext context, Dependency part, boolean up) {
        await(part + " up: " + up)
                .atMost(Installation.TIMEOUT)
                .until(() -> context.getBean(DependencyHealth.class).up(part) == up);
    }

    private static HttpResponse<String> get(ConfigurableApplicationContext context, String path) throws Exception {
        String port = context.getEnvironment().getRequiredProperty("local.server.port");
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
