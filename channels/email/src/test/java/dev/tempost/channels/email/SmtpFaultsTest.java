package dev.tempost.channels.email;

import static dev.tempost.activities.channel.Fault.MESSAGE;
import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static dev.tempost.channels.email.SmtpHarness.provider;
import static dev.tempost.channels.email.SmtpHarness.row;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.Ambiguous;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Throttled;
import dev.tempost.activities.channel.Outcome.Transient;
import dev.tempost.activities.channel.testing.TestCertificate;
import dev.tempost.activities.reply.Mask;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Rule;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to fail at every phase of a conversation with STARTTLS and a login. */
@Isolated("sets the JVM's default SSLContext")
@Timeout(60)
class SmtpFaultsTest {

    private static final TestCertificate CERTIFICATE = TestCertificate.of("IP:127.0.0.1");
    private static SSLContext usual;

    @TempDir
    Path root;

    private final ScriptedSmtpServer server =
            ScriptedSmtpServer.listening().offeringStartTls(CERTIFICATE).requiringLogin("bob", "secret");
    private EmailChannel channel;

    enum Fault {
        CLOSE,
        RESET,
        HANG,
        GARBAGE,
        BINARY,
        SHORT,
        NO_SUCH_CODE,
        OUT_OF_TURN,
        CONTRADICTION,
        CLOSING,
        NOT_NOW;

        void script(Rule rule) {
            switch (this) {
                case CLOSE -> rule.close();
                case RESET -> rule.reset();
                case HANG -> rule.hang();
                case GARBAGE -> rule.garbage();
                case BINARY -> rule.reply("\u0000\u0001\u00ff");
                case SHORT -> rule.reply("5");
                case NO_SUCH_CODE -> rule.reply("777 what");
                case OUT_OF_TURN -> rule.reply("350 what");
                case CONTRADICTION -> rule.reply("550-no\n250 yes");
                case CLOSING -> rule.reply("421 4.3.2 closing");
                case NOT_NOW -> rule.reply("451 4.3.0 not now");
            }
        }

        boolean breaksOff() {
            return this == CLOSE || this == RESET || this == HANG;
        }

        boolean saysClearlyNo() {
            return this == CLOSING || this == NOT_NOW;
        }
    }

    @BeforeAll
    static void trustTheServer() throws NoSuchAlgorithmException {
        usual = SSLContext.getDefault();
        SSLContext.setDefault(CERTIFICATE.trusting());
    }

    @AfterAll
    static void restore() {
        SSLContext.setDefault(usual);
    }

    @BeforeEach
    void aChannel() {
        SmtpHarness.welcome(root);
        SmtpProvider provider = provider(server)
                .withCredentials("bob", "secret")
                .withConnection(to -> to.withTls(SmtpProvider.Tls.STARTTLS)
                        .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofSeconds(5)));
        channel = new EmailChannel(Map.of("default", provider), new Templates(List.of(root), NOON), HEADERS, NOON);
    }

    @AfterEach
    void stop() {
        channel.close();
        server.close();
    }

    static Stream<Arguments> beforeTheDot() {
        return Stream.of(
                        Phase.GREETING,
                        Phase.EHLO,
                        Phase.STARTTLS,
                        Phase.HANDSHAKE,
                        Phase.AUTH,
                        Phase.MAIL,
                        Phase.RCPT,
                        Phase.DATA)
                .flatMap(phase -> Arrays.stream(Fault.values())
                        .filter(fault -> phase != Phase.HANDSHAKE || fault.breaksOff())
                        .map(fault -> Arguments.of(phase, fault)));
    }

    @ParameterizedTest
    @MethodSource("beforeTheDot")
    void aFaultBeforeTheDotIsNeverAmbiguousAndLeavesNoMail(Phase phase, Fault fault) {
        fault.script(server.atPhase(phase).times(1));

        Outcome outcome = send();

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Transient.class, t -> assertThat(t.type()).isIn("ProviderUnavailable", "MailboxUnavailable"));
        assertThat(server.received()).isZero();
        assertThat(send()).as("the next attempt").isInstanceOf(Accepted.class);
        assertThat(server.received()).isEqualTo(1);
    }

    @Test
    void whatIsSaidBetweenStartTlsAndTheHandshakeIsNotBelieved() {
        server.atPhase(Phase.HANDSHAKE).reply("250-localhost\n250 SMTPUTF8").times(1);

        assertThat(channel.send(row("zoë@example.com"), allowed())).isNotInstanceOf(Accepted.class);
        assertThat(server.received()).isZero();
    }

    /** The dot may be on its way already when the server breaks off: then nobody can know. */
    @ParameterizedTest
    @EnumSource(names = {"CLOSE", "RESET", "HANG", "GARBAGE"})
    void aFaultInTheMiddleOfTheMailIsNoAcceptance(Fault fault) {
        fault.script(server.atPhase(Phase.CONTENT).times(1));

        assertThat(send()).isInstanceOfAny(Transient.class, Ambiguous.class);
        assertThat(send()).as("the next attempt").isInstanceOf(Accepted.class);
    }

    @ParameterizedTest
    @MethodSource("afterTheDot")
    void aFaultAfterTheDotIsAmbiguousUnlessTheServerClearlySaysNo(Fault fault, boolean taking) {
        Rule rule = server.afterDot().times(1);
        fault.script(taking ? rule.taking() : rule);

        assertThat(send()).isInstanceOf(fault.saysClearlyNo() ? Transient.class : Ambiguous.class);
        assertThat(server.received()).isEqualTo(taking ? 1 : 0);
        assertThat(send()).as("the next attempt").isInstanceOf(Accepted.class);
    }

    static Stream<Arguments> afterTheDot() {
        return Arrays.stream(Fault.values())
                .flatMap(fault -> Stream.of(Arguments.of(fault, false), Arguments.of(fault, true)));
    }

    @ParameterizedTest
    @CsvSource({"GREETING, 220 hello", "EHLO, 250-localhost/250-STARTTLS/250 AUTH PLAIN", "DATA_END, 250 2.0.0 ok"})
    void aSlowServerIsWaitedFor(Phase phase, String reply) {
        server.atPhase(phase)
                .drip(reply.replace('/', '\n'), Duration.ofMillis(15))
                .times(1);

        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.received()).isEqualTo(1);
    }

    @Test
    void aServerThatCannotForgetTheRefusedMessageIsLeftForANewConnection() {
        server.onRecipient("gone@example.com").reply("550 5.1.1 unknown").times(1);
        server.atPhase(Phase.RSET).reply("502 5.5.1 unknown command").times(1);

        assertThat(channel.send(row("gone@example.com"), allowed())).isInstanceOf(Outcome.Permanent.class);
        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void aServerThatHangsAtTheGoodbyeDelaysNothing() {
        server.atPhase(Phase.QUIT).hang();

        assertThat(send()).isInstanceOf(Accepted.class);
        channel.close();
    }

    /** One conversation for each line of the table of replies in docs/operations.md. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            DATA_END | 250 2.0.0 ok                                   | Accepted  |
            DATA_END | 251 2.1.5 will be forwarded                    | Accepted  |
            DATA_END | 252 2.5.2 will try                             | Accepted  |
            RCPT     | 251 2.1.5 will be forwarded                    | Accepted  |
            RCPT     | 252 2.5.2 will try                             | Accepted  |
            GREETING | 421 4.3.2 not now                              | provider  | ProviderUnavailable
            EHLO     | 421 4.3.2 not now                              | provider  | ProviderUnavailable
            AUTH     | 421 4.3.2 not now                              | provider  | ProviderUnavailable
            MAIL     | 421 4.3.2 not now                              | sender    | ProviderUnavailable
            RCPT     | 421 4.3.2 not now                              | message   | ProviderUnavailable
            DATA     | 421 4.3.2 not now                              | message   | ProviderUnavailable
            DATA_END | 421 4.3.2 not now                              | message   | ProviderUnavailable
            STARTTLS | 454 4.7.0 TLS not available                    | provider  | ProviderUnavailable
            AUTH     | 454 4.7.0 temporary failure                    | provider  | ProviderUnavailable
            RCPT     | 454 4.7.1 not now                              | message   | ProviderUnavailable
            GREETING | 554 5.3.2 no service here                      | provider  | ProviderUnavailable
            RCPT     | 450 4.2.1 mailbox busy                         | message   | MailboxUnavailable
            RCPT     | 451 4.3.0 local error                          | message   | MailboxUnavailable
            DATA_END | 452 4.3.1 insufficient storage                 | message   | MailboxUnavailable
            RCPT     | 450 4.2.0 greylisted                           | message   | Greylisted
            RCPT     | 421 4.7.0 greylisted, come back                | message   | Greylisted
            RCPT     | 452 4.5.3 too many recipients                  | message   | MailboxUnavailable
            RCPT     | 552 5.5.3 too many recipients                  | message   | MailboxUnavailable
            RCPT     | 552 too many recipients                        | message   | MailboxUnavailable
            MAIL     | 530 5.7.0 login first                          | down      | CredentialsRejected
            AUTH     | 534 5.7.9 mechanism too weak                   | down      | CredentialsRejected
            AUTH     | 535 5.7.8 credentials rejected                 | down      | CredentialsRejected
            AUTH     | 538 5.7.11 encryption required                 | down      | CredentialsRejected
            AUTH     | 432 4.7.12 a password is needed                | down      | CredentialsRejected
            MAIL     | 550 5.7.8 login required                       | down      | CredentialsRejected
            EHLO     | 501 5.5.4 bad host name                        | down      | ProtocolError
            RCPT     | 550 5.1.1 unknown user                         | permanent | MailboxUnknown
            RCPT     | 551 5.1.6 user has moved                       | permanent | MailboxUnknown
            RCPT     | 553 5.1.3 bad address                          | permanent | MailboxUnknown
            RCPT     | 554 5.1.2 bad address                          | permanent | MailboxUnknown
            RCPT     | 550 5.7.1 blocked by policy                    | permanent | MessageRejected
            DATA_END | 552 5.3.4 message too large                    | permanent | MessageRejected
            DATA_END | 552 5.2.2 over quota                           | permanent | MessageRejected
            DATA_END | 554 5.7.1 spam                                 | permanent | MessageRejected
            DATA_END | 550 5.1.1 unknown user                         | permanent | MailboxUnknown
            RCPT     | 552 5.2.2 mailbox full                         | message   | MailboxUnavailable
            MAIL     | 550 5.4.5 daily sending quota exceeded         | throttled | Throttled
            DATA_END | 550 5.4.5 daily sending quota exceeded         | throttled | Throttled
            MAIL     | 454 throttling failure: maximum sending rate exceeded | throttled | Throttled
            RCPT     | 421 4.7.0 too many connections, slow down      | throttled | Throttled
            MAIL     | 500 5.5.2 unknown command                      | permanent | ProtocolError
            RCPT     | 501 5.5.4 bad parameters                       | permanent | ProtocolError
            DATA     | 503 5.5.1 bad sequence                         | permanent | ProtocolError
            RCPT     | 504 5.5.4 not implemented                      | permanent | ProtocolError
            RCPT     | 555 5.5.4 bad parameters                       | permanent | ProtocolError
            RCPT     | 556 5.1.10 no mail for this domain             | permanent | MailboxUnknown
            RCPT     | 571 5.7.1 blocked by policy                    | permanent | MessageRejected
            RCPT     | 541 4.4.4 no route for now                     | message   | MailboxUnavailable
            RCPT     | 455 5.5.4 bad parameters                       | message   | MailboxUnavailable
            """)
    void everyReplyHasItsOutcome(Phase phase, String reply, String expected, String type) {
        // a refused EHLO is followed by HELO
        server.atPhase(phase).reply(reply).times(phase == Phase.EHLO ? 2 : 1);

        switch (send()) {
            case Accepted accepted -> assertThat("Accepted").isEqualTo(expected);
            case Transient failure -> {
                assertThat(failure.fault() == MESSAGE ? "message" : failure.reached() ? "sender" : "provider")
                        .as(failure.reply())
                        .isEqualTo(expected);
                assertThat(failure.type()).isEqualTo(type);
            }
            case Throttled throttled -> assertThat("throttled").isEqualTo(expected);
            case ChannelDown(String actual, String shown) -> {
                assertThat("down").as(shown).isEqualTo(expected);
                assertThat(actual).isEqualTo(type);
            }
            case Outcome.Permanent(String actual, String shown, boolean reached) -> {
                assertThat("permanent").as(shown).isEqualTo(expected);
                assertThat(actual).isEqualTo(type);
                assertThat(reached).isTrue();
            }
            case Ambiguous ambiguous -> assertThat("Ambiguous").isEqualTo(expected);
        }
        assertThat(server.received()).isEqualTo(expected.equals("Accepted") ? 1 : 0);
    }

    @Test
    void aReplyOfManyLinesIsJudgedByAllOfThem() {
        server.atPhase(Phase.RCPT)
                .reply("450-4.2.0 you are greylisted, so\n450-4.2.0 please try again in\n450 4.2.0 7 minutes")
                .times(1);

        assertThat(send()).isInstanceOfSatisfying(Transient.class, t -> {
            assertThat(t.type()).isEqualTo("Greylisted");
            assertThat(t.retryAfter()).isEqualTo(Duration.ofMinutes(7));
        });
    }

    @Test
    void aServerCannotParkAMailForAYear() {
        server.atPhase(Phase.RCPT).reply("450 4.2.0 greylisted for 365 days").times(1);

        assertThat(send())
                .isInstanceOfSatisfying(
                        Transient.class, t -> assertThat(t.retryAfter()).isEqualTo(Duration.ofHours(1)));
    }

    @Test
    void aReplyWithoutEndIsCutShort() {
        server.atPhase(Phase.RCPT)
                .reply("550 5.1.1 " + "unknown ".repeat(100_000))
                .times(1);

        assertThat(send())
                .isInstanceOfSatisfying(
                        Outcome.Permanent.class, p -> assertThat(p.reply()).hasSizeLessThanOrEqualTo(Mask.MAX_LENGTH));
    }

    private Outcome send() {
        return channel.send(row("ann@example.com"), allowed());
    }
}
