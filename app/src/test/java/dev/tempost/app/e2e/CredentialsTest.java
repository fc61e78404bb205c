package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.doctor.Doctor;
import dev.tempost.app.doctor.TestSend;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedTokenEndpoint;
import dev.tempost.channels.email.testing.ScriptedTokenEndpoint.Answer;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.RowStatus;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** A grant that ends, and what must come of it: a provider that is down, rows that wait, and a new secret that heals. */
class CredentialsTest {

    private static final String USER = "robot@example.com";
    private static final int BACKLOG = 60;
    private static final String[] SECRETS = {
        "first-refresh", "second-refresh", "client-word", "first-access", "second-access"
    };

    @TempDir
    Path secrets;

    private final ScriptedTokenEndpoint endpoint = ScriptedTokenEndpoint.answering(form -> refuseAllBut("none", form));
    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
        endpoint.close();
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    @ResourceLock(Resources.SYSTEM_OUT)
    void aGrantThatEndsHoldsItsRowsAndANewOneHealsWithoutARestart(CapturedOutput output) throws Exception {
        Path refresh = Files.writeString(secrets.resolve("refresh"), "first-refresh");
        give("first");
        tempost.with("spring.mail.username", USER)
                .with("tempost.providers.default.oauth.token-uri", endpoint.uri())
                .with("tempost.providers.default.oauth.client-id", "tempost")
                .with(
                        "tempost.providers.default.oauth.client-secret-file",
                        Files.writeString(secrets.resolve("client"), "client-word\n"))
                .with("tempost.providers.default.oauth.refresh-token-file", refresh);
        ConfigurableApplicationContext context = tempost.migrated().startWithWeb();
        tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);

        IntStream.range(0, BACKLOG / 2).forEach(i -> tempost.welcome("row" + i + "@example.com"));
        tempost.smtp.awaitMessages(5, Installation.TIMEOUT);
        // the grant is revoked, its token too, and the server ends its sessions
        endpoint.answer(form -> refuseAllBut("none", form));
        tempost.smtp.takingTokens(USER);
        tempost.smtp.atPhase(Phase.MAIL).close();
        IntStream.range(BACKLOG / 2, BACKLOG).forEach(i -> tempost.welcome("row" + i + "@example.com"));

        awaitProbes(2);
        ProviderHealth.Down down = down().getFirst();
        assertThat(down.errorType()).isEqualTo("CredentialsRejected");
        assertThat(down.error())
                .isEqualTo(
                        "the token endpoint 127.0.0.1 answers 400 invalid_grant (Token has been expired or revoked.):"
                                + " the grant has expired or was revoked: give a new refresh token or key");
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status NOT IN ('pending', 'dispatched',"
                        + " 'delivered')"))
                .isZero();
        assertThat(tempost.number("SELECT coalesce(sum(attempts), 0) FROM tempost.outbox WHERE status <> 'delivered'"))
                .as("attempts that count")
                .isZero();
        await("the metric that says why")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(metrics(context))
                        .contains("tempost_provider_down{provider=\"default\",type=\"CredentialsRejected\"} 1"));

        give("second");
        tempost.smtp.behave();
        Files.writeString(refresh, "second-refresh\n");

        tempost.awaitAll(RowStatus.DELIVERED, BACKLOG + 1);
        assertThat(down()).isEmpty();
        assertThat(tempost.number("SELECT max(attempts) FROM tempost.outbox")).isEqualTo(1);
        assertThat(tempost.smtp.received()).as("mails, none of them twice").isEqualTo(BACKLOG + 1);
        assertThat(metrics(context)).doesNotContain(SECRETS);
        assertThat(output.getAll()).contains("Provider default is down").doesNotContain(SECRETS);
        for (String secret : SECRETS) {
            assertThat(tempost.number(
                            "SELECT (SELECT count(*) FROM tempost.outbox t WHERE t::text LIKE '%' || ? || '%')"
                                    + " + (SELECT count(*) FROM tempost.attempt t WHERE t::text LIKE '%' || ? || '%')"
                                    + " + (SELECT count(*) FROM tempost.provider t WHERE t::text LIKE '%' || ? || '%')",
                            secret, secret, secret))
                    .as("rows with %s", secret)
                    .isZero();
        }
        IntStream.rangeClosed(1, BACKLOG + 1)
                .forEach(id -> assertThat(tempost.history(id).toString()).doesNotContain(SECRETS));
    }

    @Test
    void aTestMailIsSentThroughTheProviderThatIsNamed() throws Exception {
        tempost.smtp.requiringLogin("mailer", "word");
        tempost.with("spring.mail.username", "mailer")
                .with(
                        "tempost.providers.default.password-file",
                        Files.writeString(secrets.resolve("password"), "word\n"));
        ConfigurableApplicationContext context = tempost.migrated().start();

        assertThat(doctor(context, new TestSend("ann@example.com", "default")))
                .contains("ok       test default       login as mailer", "ok       test default       recipient")
                .anyMatch(line -> line.startsWith("ok       test default       mail: 250 2.0.0 Ok: queued as "));
        assertThat(tempost.smtp.received("ann@example.com")).isEqualTo(1);

        Files.writeString(secrets.resolve("password"), "wrong");
        assertThat(doctor(context, new TestSend("ann@example.com", null)))
                .anyMatch(line ->
                        line.startsWith("problem  test default       login as mailer: 535 5.7.8 credentials rejected"));
        assertThat(doctor(context, new TestSend("nobody", null)))
                .anyMatch(line -> line.startsWith("problem  test default       the recipient of the test is not"));
        assertThat(doctor(context, new TestSend("ann@example.com", "bulk")))
                .anyMatch(line -> line.startsWith("problem  test               there is no mail provider 'bulk'"));
        assertThat(tempost.smtp.received()).isEqualTo(1);
    }

    /** Has that grant and its token be the only ones that are good. */
    private void give(String name) {
        endpoint.answer(form -> refuseAllBut(name, form));
        tempost.smtp.takingTokens(USER, name + "-access");
    }

    private static Answer refuseAllBut(String name, Map<String, String> form) {
        return (name + "-refresh").equals(form.get("refresh_token"))
                ? Answer.token(name + "-access", 3600)
                : Answer.error(400, "invalid_grant", "Token has been expired or revoked.");
    }

    private static List<String> doctor(ConfigurableApplicationContext context, TestSend test) {
        List<String> lines = new ArrayList<>();
        new Doctor(context, finding -> lines.add(finding.text())).examine(test);
        return lines;
    }

    private void awaitProbes(int count) {
        await(count + " probes")
                .atMost(Installation.TIMEOUT)
                .until(() -> down().stream().anyMatch(provider -> provider.probes() >= count));
    }

    private List<ProviderHealth.Down> down() {
        return new ProviderHealth(tempost.dataSource()).down();
    }

    private static String metrics(ConfigurableApplicationContext context) throws Exception {
        String port = context.getEnvironment().getRequiredProperty("local.server.port");
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
