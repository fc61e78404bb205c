package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static dev.tempost.channels.email.SmtpHarness.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Transient;
import dev.tempost.channels.email.login.ClientGrant;
import dev.tempost.channels.email.login.Grant;
import dev.tempost.channels.email.login.Secret;
import dev.tempost.channels.email.login.SecretFile;
import dev.tempost.channels.email.login.ServiceAccountGrant;
import dev.tempost.channels.email.login.TokenLogin;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedTokenEndpoint;
import dev.tempost.channels.email.testing.ScriptedTokenEndpoint.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class AccessTokenTest {

    private static final String USER = "robot@example.com";

    @TempDir
    Path root;

    private final AtomicInteger issued = new AtomicInteger();
    private final ScriptedTokenEndpoint endpoint =
            ScriptedTokenEndpoint.answering(form -> Answer.token("token-" + issued.incrementAndGet(), 3600));
    private final ScriptedSmtpServer server = ScriptedSmtpServer.listening().takingTokens(USER, "token-1");
    private volatile Instant now = NOON.instant();
    private Path refreshToken;
    private EmailChannel channel;

    @BeforeEach
    void open() throws IOException {
        SmtpHarness.welcome(root);
        refreshToken = Files.writeString(root.resolve("refresh-token"), "refresh-secret-1\n");
        channel = channel(server, ofRefreshToken());
    }

    @AfterEach
    void close() {
        channel.close();
        endpoint.close();
        server.close();
    }

    @Test
    void aRefreshTokenBuysAnAccessTokenThatLogsIn() {
        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(channel.probe("default")).isEqualTo(new Health.Ready());

        assertThat(endpoint.requests())
                .containsExactly(Map.of(
                        "grant_type",
                        "refresh_token",
                        "client_id",
                        "client",
                        "client_secret",
                        "client-secret",
                        "refresh_token",
                        "refresh-secret-1"));
        assertThat(server.commands())
                .contains("AUTH XOAUTH2 "
                        + Base64.getEncoder()
                                .encodeToString(("user=" + USER + "\1auth=Bearer token-1\1\1")
                                        .getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void connectionsShareATokenThatIsFetchedOnce() throws Exception {
        CountDownLatch others = new CountDownLatch(1);
        endpoint.answer(form -> {
            try {
                others.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Answer.token("token-1", 3600);
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Outcome>> sends = IntStream.range(0, 4)
                    .mapToObj(i -> CompletableFuture.supplyAsync(this::send, threads))
                    .toList();
            await().until(() -> endpoint.requests().size() == 1);
            others.countDown();
            for (CompletableFuture<Outcome> send : sends) {
                assertThat(send.get(30, TimeUnit.SECONDS)).isInstanceOf(Accepted.class);
            }
        }
        assertThat(endpoint.requests()).hasSize(1);
    }

    @Test
    void aTokenIsRenewedShortlyBeforeItsEnd() {
        server.takingTokens(USER, "token-1", "token-2");
        probe();
        now = now.plus(Duration.ofMinutes(58));
        probe();
        assertThat(endpoint.requests()).hasSize(1);

        now = now.plus(Duration.ofMinutes(1));
        probe();

        assertThat(endpoint.requests()).hasSize(2);
    }

    @Test
    void aTokenThatTheServerRefusesIsReplacedOnce() {
        server.takingTokens(USER, "token-2");

        assertThat(send()).isInstanceOf(Accepted.class);

        assertThat(endpoint.requests()).hasSize(2);
        assertThat(server.commands())
                .as("the challenge is answered by an empty line")
                .contains("");
        assertThat(server.commands().stream().filter(command -> command.startsWith("AUTH")))
                .hasSize(2);
    }

    @Test
    void aFreshTokenThatIsRefusedTooTakesTheProviderDown() {
        server.takingTokens(USER, "another");

        assertThat(send()).isEqualTo(new ChannelDown("CredentialsRejected", "535 5.7.8 credentials rejected"));

        assertThat(endpoint.requests()).hasSize(2);
    }

    @Test
    void aServerThatKnowsNoTokensTakesTheProviderDown() {
        try (ScriptedSmtpServer plain = ScriptedSmtpServer.listening().requiringLogin(USER, "secret")) {
            use(plain, ofRefreshToken());
            assertThat(send()).isInstanceOf(ChannelDown.class);
        }
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
        400, invalid_grant,       the grant has expired or was revoked: give a new refresh token or key
        401, invalid_client,      "correct the client's id, secret or rights"
        400, invalid_scope,       correct the scope
        403, access_denied,       correct the provider's oauth settings
        """)
    void aRefusalOfTheGrantTakesTheProviderDownAndSaysWhy(int status, String error, String remedy) {
        endpoint.answer(form -> Answer.error(status, error, "Token has been expired or revoked, refresh-secret-1"));

        ChannelDown down = (ChannelDown) send();

        assertThat(down.type()).isEqualTo("CredentialsRejected");
        assertThat(down.reply())
                .startsWith("the token endpoint 127.0.0.1 answers " + status + " " + error + " (")
                .endsWith(remedy)
                .doesNotContain("secret-1");
        assertThat(channel.probe("default")).isInstanceOf(Health.Down.class);
        assertThat(server.connections()).as("nobody was logged in").isZero();
    }

    @Test
    void entrasOwnErrorIsShown() {
        endpoint.answer(form -> Answer.error(400, "invalid_grant", "AADSTS700082: The refresh token has expired"));

        assertThat(((ChannelDown) send()).reply()).contains("400 invalid_grant AADSTS700082 (");
    }

    @Test
    void aNewRefreshTokenHealsAndReplacesATokenThatIsStillGood() throws IOException {
        server.takingTokens(USER, "of-1", "of-2");
        endpoint.answer(form ->
                Answer.token("of-" + String.valueOf(form.get("refresh_token")).replaceAll("\\D", ""), 3600));
        probe();
        server.takingTokens(USER, "of-2");

        Files.writeString(refreshToken, "refresh-secret-2");

        probe();
        assertThat(endpoint.requests()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "503, the token endpoint 127.0.0.1 answers 503 (at TOKEN)",
        "429, the token endpoint 127.0.0.1 answers" + " 429 (at TOKEN)",
        "200, the token endpoint 127.0.0.1 gives no access token (at TOKEN)"
    })
    void anEndpointThatHasNoneForNowIsTheProvidersFaultAndTransient(int status, String reply) {
        endpoint.answer(form -> new Answer(status, "<html>busy</html>"));

        assertThat(send()).isEqualTo(new Transient(Fault.PROVIDER, "ProviderUnavailable", reply, null, false));
        assertThat(channel.probe("default")).isEqualTo(new Health.Away("ProviderUnavailable", reply, null));
    }

    @Test
    void aRedirectIsNotFollowed() {
        endpoint.answer(form -> new Answer(307, ""));

        assertThat(((ChannelDown) send()).reply()).contains("answers 307");
        assertThat(endpoint.requests()).hasSize(1);
    }

    @Test
    void aTokenThatWouldEndTheCommandIsNone() {
        endpoint.answer(form -> Answer.token("a\\r\\nMAIL FROM:<x@example.com>", 3600));

        assertThat(send()).isInstanceOf(Transient.class);
        assertThat(server.connections()).isZero();
    }

    @Test
    void anEndpointThatIsGoneOrSaysNothingIsTransient() {
        CountDownLatch never = new CountDownLatch(1);
        endpoint.answer(form -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new Answer(500, "");
        });
        assertThat(((Transient) send()).reply()).isEqualTo("timed out (at TOKEN)");
        never.countDown();

        endpoint.close();
        assertThat(send())
                .isEqualTo(new Transient(
                        Fault.PROVIDER, "ProviderUnavailable", "connection refused (at TOKEN)", null, false));
    }

    @Test
    void aClientAsksOnItsOwnBehalf() {
        use(new ClientGrant(
                endpoint.uri(), "client", Secret.of("client-secret"), null, "https://mail.example/.default"));

        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(endpoint.requests())
                .containsExactly(Map.of(
                        "grant_type",
                        "client_credentials",
                        "client_id",
                        "client",
                        "client_secret",
                        "client-secret",
                        "scope",
                        "https://mail.example/.default"));
    }

    @Test
    void aServiceAccountSignsThatItActsForTheUser() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair keys = generator.generateKeyPair();
        ObjectMapper json = new ObjectMapper();
        Path file = root.resolve("account.json");
        json.writeValue(
                file.toFile(),
                Map.of(
                        "type",
                        "service_account",
                        "client_email",
                        "tempost@project.example",
                        "private_key_id",
                        "k1",
                        "private_key",
                        "-----BEGIN PRIVATE KEY-----\n"
                                + Base64.getMimeEncoder()
                                        .encodeToString(keys.getPrivate().getEncoded())
                                + "\n-----END PRIVATE KEY-----\n"));
        use(new ServiceAccountGrant(
                endpoint.uri(), new SecretFile("setting", file), "setting", USER, "https://mail.google.com/"));

        assertThat(send()).isInstanceOf(Accepted.class);

        Map<String, String> form = endpoint.requests().getFirst();
        assertThat(form).containsEntry("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        String assertion = String.valueOf(form.get("assertion"));
        int signed = assertion.lastIndexOf('.');
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initVerify(keys.getPublic());
        signature.update(assertion.substring(0, signed).getBytes(StandardCharsets.US_ASCII));
        assertThat(signature.verify(Base64.getUrlDecoder().decode(assertion.substring(signed + 1))))
                .isTrue();
        JsonNode claims =
                json.readTree(Base64.getUrlDecoder().decode(assertion.substring(assertion.indexOf('.') + 1, signed)));
        assertThat(claims.path("iss").asText()).isEqualTo("tempost@project.example");
        assertThat(claims.path("sub").asText()).isEqualTo(USER);
        assertThat(claims.path("scope").asText()).isEqualTo("https://mail.google.com/");
        assertThat(claims.path("aud").asText()).isEqualTo(endpoint.uri().toString());
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(600);

        Files.writeString(file, "{\"private_key\": \"hunter2\"}");
        assertThat(((Health.Down) channel.probe("default")).reply())
                .startsWith("setting: the file has no private_key_id")
                .doesNotContain("hunter2");
        Files.writeString(file, "hunter2");
        assertThat(((Health.Down) channel.probe("default")).reply())
                .startsWith("setting: the file is not JSON")
                .doesNotContain("hunter2");
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        Files.delete(refreshToken);

        assertThat(((ChannelDown) send()).reply())
                .isEqualTo("refresh-token-file: file " + refreshToken + " does not exist: put the secret there");
    }

    @Test
    void aTestMailSaysHowFarItCame() {
        assertThat(channel.sendTest("default", "ann@example.com"))
                .allMatch(TestMail.Step::done)
                .extracting(step -> step.says().replaceFirst("queued as.*", "queued"))
                .containsExactly(
                        "access token",
                        "connection to 127.0.0.1:" + server.port(),
                        "login as " + USER,
                        "sender hello@example.com",
                        "recipient",
                        "mail: 250 2.0.0 Ok: queued");
        assertThat(server.received("ann@example.com")).isEqualTo(1);

        server.atPhase(Phase.RCPT).reply("550 5.1.1 no such user");
        assertThat(channel.sendTest("default", "bob@example.com"))
                .last()
                .isEqualTo(new TestMail.Step("recipient: 550 5.1.1 no such user", false));
        endpoint.answer(form -> Answer.error(400, "invalid_grant", ""));
        use(ofRefreshToken());
        assertThat(channel.sendTest("default", "bob@example.com"))
                .singleElement()
                .satisfies(step -> {
                    assertThat(step.done()).isFalse();
                    assertThat(step.says())
                            .startsWith("access token: the token endpoint")
                            .contains("invalid_grant");
                });
        assertThat(server.received()).isEqualTo(1);
    }

    private Grant ofRefreshToken() {
        return new ClientGrant(
                endpoint.uri(),
                "client",
                Secret.of("client-secret"),
                new SecretFile("refresh-token-file", refreshToken),
                null);
    }

    private void use(Grant grant) {
        use(server, grant);
    }

    private void use(ScriptedSmtpServer smtp, Grant grant) {
        channel.close();
        channel = channel(smtp, grant);
    }

    private EmailChannel channel(ScriptedSmtpServer smtp, Grant grant) {
        SmtpProvider provider =
                SmtpHarness.provider(smtp).withLogin(new TokenLogin(USER, grant, Duration.ofSeconds(2), () -> now));
        assertThat(provider.toString()).doesNotContain("secret", "token-");
        return new EmailChannel(Map.of("default", provider), new Templates(List.of(root), NOON), HEADERS, NOON);
    }

    private Outcome send() {
        return channel.send(row("ann@example.com"), allowed());
    }

    private void probe() {
        assertThat(channel.probe("default")).isEqualTo(new Health.Ready());
    }
}
