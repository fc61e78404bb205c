package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.impatient;
import static dev.tempost.channels.email.SmtpHarness.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Health.Away;
import dev.tempost.activities.channel.Health.Down;
import dev.tempost.activities.channel.Health.Ready;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class SmtpProbeTest {

    private final ScriptedSmtpServer server = ScriptedSmtpServer.listening();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aServerThatWouldTakeAMailIsReadyAndGetsNone() {
        server.requiringLogin("bob", "secret");

        assertThat(probe(provider(server).withCredentials("bob", "secret"))).isEqualTo(new Ready());

        await().until(() -> server.commands().contains("QUIT"));
        assertThat(server.commands())
                .extracting(command -> command.substring(0, 4))
                .containsExactly("EHLO", "AUTH", "MAIL", "QUIT");
        assertThat(server.received()).isZero();
    }

    @Test
    void aServerThatIsGoneIsAway() {
        server.stop();

        assertThat(probe(provider(server)))
                .isEqualTo(new Away("ProviderUnavailable", "connection refused (at CONNECT)", null));
    }

    @Test
    void aServerThatAsksForTimeIsAwayForThatLong() {
        server.atPhase(Phase.GREETING).reply("421 4.3.2 try again in 90 seconds");

        assertThat(probe(provider(server)))
                .isEqualTo(
                        new Away("ProviderUnavailable", "421 4.3.2 try again in 90 seconds", Duration.ofSeconds(90)));
    }

    @Test
    void wrongCredentialsTakeTheChannelDown() {
        server.requiringLogin("bob@example.com", "secret");
        server.atPhase(Phase.AUTH).reply("535 5.7.8 <bob@example.com> is not welcome");

        assertThat(probe(provider(server).withCredentials("bob@example.com", "wrong")))
                .isEqualTo(new Down("CredentialsRejected", "535 5.7.8 <masked> is not welcome"));
    }

    @Test
    void aServerWithoutTheTlsDemandedOfItIsDown() {
        assertThat(probe(provider(server).withConnection(to -> to.withTls(SmtpProvider.Tls.STARTTLS))))
                .isInstanceOfSatisfying(
                        Down.class, down -> assertThat(down.reply()).contains("STARTTLS"));
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"GREETING", "EHLO", "AUTH", "MAIL"})
    void everyWayToBreakOffIsAwayAndLeavesNoConnection(Phase phase) {
        server.requiringLogin("bob", "secret");
        for (Consumer<Rule> fault : List.<Consumer<Rule>>of(
                Rule::close, Rule::reset, Rule::hang, Rule::garbage, r -> r.reply("421 gone"))) {
            server.behave();
            fault.accept(server.atPhase(phase));

            assertThat(probe(impatient(server).withCredentials("bob", "secret")))
                    .isInstanceOfSatisfying(
                            Away.class, away -> assertThat(away.type()).isEqualTo("ProviderUnavailable"));
        }
        await().until(() -> server.openConnections() == 0);
    }

    @Test
    void aServerThatGreetsAndThenRefusesEverySenderIsDown() {
        server.atPhase(Phase.MAIL).reply("530 5.7.0 authenticate first");

        assertThat(probe(provider(server))).isEqualTo(new Down("CredentialsRejected", "530 5.7.0 authenticate first"));
    }

    @Test
    void aProviderNobodyKnowsIsAFaultOfOurs() {
        try (var channel = channel(provider(server))) {
            assertThatIllegalArgumentException().isThrownBy(() -> channel.probe("other"));
        }
    }

    private static Health probe(SmtpProvider provider) {
        try (var channel = channel(provider)) {
            return channel.probe("default");
        }
    }

    private static EmailChannel channel(SmtpProvider provider) {
        return new EmailChannel(Map.of("default", provider), new Templates(List.of(), NOON), HEADERS, NOON);
    }
}
