package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static dev.tempost.channels.email.SmtpHarness.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Transient;
import dev.tempost.activities.channel.testing.TestCertificate;
import dev.tempost.channels.email.login.ClientGrant;
import dev.tempost.channels.email.login.Secret;
import dev.tempost.channels.email.login.TokenLogin;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedTokenEndpoint;
import dev.tempost.channels.email.testing.ScriptedTokenEndpoint.Answer;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("sets the JVM's default SSLContext")
@Timeout(60)
class SmtpTlsTest {

    private static final TestCertificate OURS = TestCertificate.of("IP:127.0.0.1");
    private static final TestCertificate OF_ANOTHER_HOST = TestCertificate.of("DNS:mail.example.com");

    @TempDir
    Path root;

    private final ScriptedSmtpServer server = ScriptedSmtpServer.listening().requiringLogin("bob", "secret");
    private final SSLContext usual = usual();

    @BeforeEach
    void aTemplate() {
        SmtpHarness.welcome(root);
    }

    @AfterEach
    void restore() {
        SSLContext.setDefault(usual);
        server.close();
    }

    @Test
    void aMailGoesOutOverStartTlsWithALogin() {
        SSLContext.setDefault(OURS.trusting());
        server.offeringStartTls(OURS);

        assertThat(send(SmtpProvider.Tls.STARTTLS)).isInstanceOf(Accepted.class);

        assertThat(server.commands())
                .extracting(command -> command.substring(0, 4))
                .startsWith("EHLO", "STAR", "EHLO", "AUTH", "MAIL", "RCPT", "DATA");
        assertThat(server.received("ann@example.com")).isEqualTo(1);
        assertThat(probe(SmtpProvider.Tls.STARTTLS)).isEqualTo(new Health.Ready());
    }

    @Test
    void aMailGoesOutOverTlsFromTheFirstByteOn() {
        SSLContext.setDefault(OURS.trusting());
        server.speakingTls(OURS);

        assertThat(send(SmtpProvider.Tls.IMPLICIT)).isInstanceOf(Accepted.class);
        assertThat(server.received("ann@example.com")).isEqualTo(1);
    }

    @Test
    void aCertificateNobodyVouchesForStopsTheChannelBeforeTheLogin() {
        server.offeringStartTls(OURS);
        assertThat(send(SmtpProvider.Tls.STARTTLS)).isInstanceOfSatisfying(ChannelDown.class, down -> {
            assertThat(down.type()).isEqualTo("CredentialsRejected");
            assertThat(down.reply()).startsWith("TLS: ").contains("certification path");
        });
        assertNothingWasToldTo(server);
        assertThat(probe(SmtpProvider.Tls.STARTTLS)).isInstanceOf(Health.Down.class);

        server.speakingTls(OURS);
        assertThat(send(SmtpProvider.Tls.IMPLICIT)).isInstanceOf(ChannelDown.class);
        assertNothingWasToldTo(server);
    }

    @Test
    void aCertificateOfAnotherHostStopsTheChannelBeforeTheLogin() {
        SSLContext.setDefault(OF_ANOTHER_HOST.trusting());
        server.offeringStartTls(OF_ANOTHER_HOST);
        assertThat(send(SmtpProvider.Tls.STARTTLS))
                .isInstanceOfSatisfying(
                        ChannelDown.class, down -> assertThat(down.reply()).contains("No subject alternative names"));
        assertNothingWasToldTo(server);

        server.speakingTls(OF_ANOTHER_HOST);
        assertThat(send(SmtpProvider.Tls.IMPLICIT)).isInstanceOf(ChannelDown.class);
        assertNothingWasToldTo(server);
    }

    @Test
    void secretsGoToATokenEndpointOnlyWhenItsCertificateIsGood() {
        SSLContext.setDefault(OURS.trusting());
        assertThat(probeByTokenFrom(OURS, 1)).isEqualTo(new Health.Ready());

        SSLContext.setDefault(OF_ANOTHER_HOST.trusting());
        assertThat(probeByTokenFrom(OF_ANOTHER_HOST, 0))
                .isInstanceOfSatisfying(
                        Health.Down.class,
                        down -> assertThat(down.reply()).startsWith("TLS: ").endsWith("(at TOKEN)"));

        SSLContext.setDefault(usual);
        assertThat(probeByTokenFrom(OURS, 0))
                .isInstanceOfSatisfying(
                        Health.Down.class, down -> assertThat(down.type()).isEqualTo("CredentialsRejected"));
    }

    private Health probeByTokenFrom(TestCertificate certificate, int requests) {
        try (var endpoint = ScriptedTokenEndpoint.answering(certificate, form -> Answer.token("a-token", 3600))) {
            server.takingTokens("bob", "a-token");
            SmtpProvider provider = SmtpHarness.provider(server)
                    .withLogin(new TokenLogin(
                            "bob",
                            new ClientGrant(endpoint.uri(), "client", Secret.of("secret"), null, "mail"),
                            Duration.ofSeconds(10),
                            NOON));
            try (EmailChannel channel = channel(provider)) {
                Health health = channel.probe("default");
                assertThat(endpoint.requests()).hasSize(requests);
                return health;
            }
        }
    }

    @Test
    void aServerThatHidesStartTlsLearnsNeitherPasswordNorMail() {
        assertThat(send(SmtpProvider.Tls.STARTTLS))
                .isInstanceOfSatisfying(
                        ChannelDown.class, down -> assertThat(down.reply()).contains("STARTTLS"));
        assertNothingWasToldTo(server);
    }

    @Test
    void aServerThatCannotStartTlsForNowIsAwayAndOneThatRefusesIsDown() {
        server.offeringStartTls(OURS);
        server.atPhase(Phase.STARTTLS).reply("454 4.7.0 TLS not available").times(1);
        server.atPhase(Phase.STARTTLS).reply("501 5.5.4 no").times(1);

        assertThat(send(SmtpProvider.Tls.STARTTLS))
                .isInstanceOfSatisfying(
                        Transient.class, t -> assertThat(t.type()).isEqualTo("ProviderUnavailable"));
        assertThat(send(SmtpProvider.Tls.STARTTLS)).isInstanceOf(ChannelDown.class);
        assertNothingWasToldTo(server);
    }

    @Test
    void aConnectionLostDuringTheHandshakeIsTransient() {
        server.speakingTls(OURS).atPhase(Phase.HANDSHAKE).close();
        assertThat(send(SmtpProvider.Tls.IMPLICIT))
                .isInstanceOfSatisfying(
                        Transient.class, t -> assertThat(t.type()).isEqualTo("ProviderUnavailable"));
    }

    private static void assertNothingWasToldTo(ScriptedSmtpServer server) {
        assertThat(server.commands()).noneMatch(c -> c.startsWith("AUTH") || c.startsWith("MAIL"));
        assertThat(server.received()).isZero();
    }

    private Outcome send(SmtpProvider.Tls tls) {
        try (EmailChannel channel = channel(tls)) {
            return channel.send(row("ann@example.com"), allowed());
        }
    }

    private Health probe(SmtpProvider.Tls tls) {
        try (EmailChannel channel = channel(tls)) {
            return channel.probe("default");
        }
    }

    private EmailChannel channel(SmtpProvider.Tls tls) {
        SmtpProvider provider =
                SmtpHarness.provider(server).withCredentials("bob", "secret").withConnection(to -> to.withTls(tls));
        return channel(provider);
    }

    private EmailChannel channel(SmtpProvider provider) {
        return new EmailChannel(Map.of("default", provider), new Templates(List.of(root), NOON), HEADERS, NOON);
    }

    private static SSLContext usual() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
