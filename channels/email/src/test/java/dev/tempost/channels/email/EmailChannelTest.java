package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.KEY;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static dev.tempost.channels.email.SmtpHarness.attempt;
import static dev.tempost.channels.email.SmtpHarness.impatient;
import static dev.tempost.channels.email.SmtpHarness.provider;
import static dev.tempost.channels.email.SmtpHarness.row;
import static dev.tempost.channels.email.SmtpHarness.template;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.Ambiguous;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Permanent;
import dev.tempost.activities.channel.Outcome.Transient;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Received;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Rule;
import jakarta.mail.internet.MimeMultipart;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class EmailChannelTest {

    private static final String ANN = "ann@example.com";

    @TempDir
    Path root;

    private final ScriptedSmtpServer server = ScriptedSmtpServer.listening();
    private EmailChannel channel;

    @BeforeEach
    void aChannelToTheScriptedServer() {
        SmtpHarness.welcome(root);
        channel = channel(provider(server));
    }

    @AfterEach
    void closeAll() {
        channel.close();
        server.close();
    }

    @Test
    void aRowBecomesAMailWithBothBodies() throws Exception {
        Outcome outcome = send();

        assertThat(outcome).isInstanceOfSatisfying(Accepted.class, accepted -> {
            assertThat(accepted.reply()).startsWith("250 2.0.0 Ok: queued as");
            assertThat(accepted.providerMessageId()).isNotBlank();
        });
        Received received = server.awaitMessages(1, Duration.ofSeconds(5)).getFirst();
        assertThat(received.from()).isEqualTo("hello@example.com");
        assertThat(received.to()).containsExactly(ANN);
        var mime = received.mime();
        assertThat(mime.getHeader("From")).containsExactly("Example <hello@example.com>");
        assertThat(mime.getHeader("To")).containsExactly(ANN);
        assertThat(mime.getSubject()).isEqualTo("Welcome, Ann");
        assertThat(mime.getHeader("Date")).containsExactly("Sun, 22 Nov 2026 12:00:00 +0000");
        assertThat(mime.getHeader("Message-ID")).containsExactly("<" + KEY + "@example.com>");
        assertThat(mime.getHeader("Auto-Submitted")).containsExactly("auto-generated");
        assertThat(received.raw())
                .as("what only operators need to know")
                .doesNotContain("X-Tempost-Id")
                .doesNotContain("default");
        assertThat(mime.getContentType()).startsWith("multipart/alternative");
        var parts = (MimeMultipart) mime.getContent();
        assertThat(parts.getBodyPart(0).getContentType()).isEqualTo("text/plain; charset=UTF-8");
        assertThat(parts.getBodyPart(0).getContent()).isEqualTo("Hello Ann!\r\n");
        assertThat(parts.getBodyPart(1).getContentType()).isEqualTo("text/html; charset=UTF-8");
        assertThat(parts.getBodyPart(1).getContent()).isEqualTo("<p>Hello <b>Ann</b>!</p>\r\n");
    }

    @Test
    void oneBodyIsOnePartAndDotsAndUmlautsSurvive() throws Exception {
        template(root, "note", "subject.txt", "Grüße, [[${name}]]");
        template(root, "note", "body.txt", ".\n..x\n[[${name}]]\n.");

        assertThat(channel.send(
                        new OutgoingMessage(8, KEY, "default", "note", ANN, "{\"name\": \"Zoë 🎉\"}", "{}", "default"),
                        allowed()))
                .isInstanceOf(Accepted.class);
        var mime = server.messages().getFirst().mime();
        assertThat(mime.getSubject()).isEqualTo("Grüße, Zoë 🎉");
        assertThat(mime.getContentType()).isEqualTo("text/plain; charset=UTF-8");
        assertThat(((String) mime.getContent()).replace("\r\n", "\n").strip()).isEqualTo(".\n..x\nZoë 🎉\n.");
    }

    @Test
    void theMessageIdIsTheSameInEveryAttempt() throws Exception {
        server.afterDot().acceptThenClose().times(1);

        assertThat(send()).isInstanceOf(Ambiguous.class);
        assertThat(send()).isInstanceOf(Accepted.class);

        assertThat(server.messages())
                .hasSize(2)
                .allSatisfy(
                        m -> assertThat(m.mime().getHeader("Message-ID")).containsExactly("<" + KEY + "@example.com>"));
    }

    @Test
    void aConnectionIsUsedAgain() {
        for (int i = 0; i < 5; i++) {
            assertThat(send()).isInstanceOf(Accepted.class);
        }
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void aConnectionIsRenewedAfterItsShareOfMessages() {
        use(provider(server).withConnection(to -> to.withMaxConnections(1)).withLimits(new SmtpLimits(2, 1 << 20)));

        for (int i = 0; i < 5; i++) {
            assertThat(send()).isInstanceOf(Accepted.class);
        }
        assertThat(server.connections()).isEqualTo(3);
    }

    @Test
    void connectionsAreBounded() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Outcome>> outcomes = IntStream.range(0, 200)
                    .mapToObj(i -> executor.submit(this::send))
                    .toList();
            for (Future<Outcome> outcome : outcomes) {
                assertThat(outcome.get()).isInstanceOf(Accepted.class);
            }
        }
        assertThat(server.received()).isEqualTo(200);
        // four at a time, and one may be renewed after its hundredth message
        assertThat(server.connections()).isBetween(1, 6);
    }

    @Test
    void aFullPoolIsNoFaultOfTheRow() throws Exception {
        use(provider(server)
                .withConnection(to -> to.withMaxConnections(1))
                .withLimits(new SmtpLimits(100, 1 << 20))
                .withConnection(
                        to -> to.withTimeouts(Duration.ofMillis(50), Duration.ofSeconds(10), Duration.ofSeconds(1))));
        server.onRecipient("slow@example.com").hang().times(1);
        var closer = new AtomicReference<AutoCloseable>();
        var connected = new CountDownLatch(1);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Outcome> slow = executor.submit(() -> channel.send(row("slow@example.com"), watched(c -> {
                closer.set(c);
                connected.countDown();
            })));
            connected.await();

            assertThat(send()).isInstanceOfSatisfying(Transient.class, t -> {
                assertThat(t.reply()).contains("1 connections").contains("busy");
                assertThat(t.reached()).isFalse();
            });
            Objects.requireNonNull(closer.get()).close();
            assertThat(slow.get()).isInstanceOf(Transient.class);
        }
    }

    @Test
    void aConnectionTheServerClosedMeanwhileIsReplacedWithinTheAttempt() {
        assertThat(send()).isInstanceOf(Accepted.class);
        server.dropConnections();

        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void aUsedConnectionThatSays421IsReplacedWithinTheAttempt() {
        assertThat(send()).isInstanceOf(Accepted.class);
        server.atPhase(Phase.MAIL).reply("421 4.4.2 idle for too long").times(1);

        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void aFreshConnectionThatSays421IsNotRetriedWithinTheAttempt() {
        server.atPhase(Phase.MAIL).reply("421 4.3.2 shutting down").times(1);

        assertThat(send())
                .isEqualTo(new Transient(Fault.PROVIDER, "ProviderUnavailable", "421 4.3.2 shutting down", null, true));
        assertThat(server.connections()).isEqualTo(1);
    }

    @Test
    void aServerThatWentAwayAndCameBackIsUsedAgain() {
        assertThat(send()).isInstanceOf(Accepted.class);
        server.stop();
        assertThat(send())
                .isEqualTo(new Transient(
                        Fault.PROVIDER, "ProviderUnavailable", "connection refused (at CONNECT)", null, false));
        server.start();
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void aRefusalLeavesTheConnectionUsable() {
        server.onRecipient("gone@example.com")
                .reply("550 5.1.1 <gone@example.com> no such user")
                .times(1);
        server.atPhase(Phase.DATA).reply("451 4.3.0 not now").times(1);

        assertThat(channel.send(row("gone@example.com"), allowed()))
                .isEqualTo(new Permanent("MailboxUnknown", "550 5.1.1 <masked> no such user", true));
        assertThat(send()).isInstanceOf(Transient.class);
        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.connections()).isEqualTo(1);
        assertThat(server.received()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"GREETING", "EHLO", "MAIL", "RCPT", "DATA"})
    void everyWayToFailBeforeTheContentIsTransientAndSendsNothing(Phase phase) {
        for (Consumer<Rule> fault : List.<Consumer<Rule>>of(
                Rule::close, Rule::reset, Rule::hang, Rule::garbage, r -> r.reply("421 gone"))) {
            server.behave();
            fault.accept(server.atPhase(phase));
            use(impatient(server));

            assertThat(send())
                    .isInstanceOfSatisfying(
                            Transient.class, t -> assertThat(t.type()).isEqualTo("ProviderUnavailable"));
        }
        server.behave();
        assertThat(server.received()).isZero();
        use(provider(server));
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void aLostConnectionAfterTheFinalDotIsAmbiguous() {
        server.afterDot().acceptThenClose().times(1);
        assertThat(send()).isEqualTo(new Ambiguous("the server closed the connection (after the final dot)"));
        assertThat(server.received()).isEqualTo(1);
    }

    @Test
    void everyWayToHearNothingAfterTheFinalDotIsAmbiguous() {
        for (Consumer<Rule> fault : List.<Consumer<Rule>>of(
                Rule::close,
                Rule::reset,
                Rule::hang,
                Rule::garbage,
                Rule::acceptThenHang,
                r -> r.reply("354 again?"))) {
            server.behave();
            fault.accept(server.afterDot());
            use(impatient(server));
            assertThat(send()).isInstanceOf(Ambiguous.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "250 2.0.0 ok, Accepted",
        "251 fine as well, Accepted",
        "421 4.3.2 closing, Transient",
        "451 4.3.0 later, Transient",
        "552 5.3.4 message size, Permanent",
        "554 5.6.0 spam, Permanent",
        "530 5.7.0 login first, Permanent"
    })
    void aReplyAfterTheDotDecides(String reply, String expected) {
        server.afterDot().reply(reply).times(1);

        Outcome outcome = send();
        assertThat(outcome.getClass().getSimpleName()).isEqualTo(expected);
        assertThat(outcome.reply()).isEqualTo(reply);
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void greylistingCarriesItsDelay() {
        server.onRecipient(ANN)
                .reply("451 4.7.1 Greylisted, please try again in 5 minutes")
                .times(2);

        for (int i = 0; i < 2; i++) {
            assertThat(send()).isInstanceOfSatisfying(Transient.class, t -> {
                assertThat(t.type()).isEqualTo("Greylisted");
                assertThat(t.retryAfter()).isEqualTo(Duration.ofMinutes(5));
            });
        }
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void anAttemptThatMayNoLongerSendLeavesNoMail() {
        assertThat(channel.send(row(ANN), attempt(false)))
                .isInstanceOfSatisfying(
                        Transient.class, t -> assertThat(t.reached()).isFalse());
        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.received()).isEqualTo(1);
    }

    /** What was announced, one entry a call. */
    private static Transmission announcing(List<String> calls) {
        Transmission allowed = SmtpHarness.allowed();
        return new Transmission() {
            @Override
            public void announce() {
                calls.add("announce");
            }

            @Override
            public boolean begin() {
                calls.add("begin");
                return true;
            }

            @Override
            public boolean reserve(long bytes) {
                return allowed.reserve(bytes);
            }

            @Override
            public void closeAtDeadline(AutoCloseable connection) {}
        };
    }

    @Test
    void theTransmissionIsAnnouncedOnceTheServerTookTheSender() {
        List<String> calls = new ArrayList<>();
        assertThat(channel.send(row(ANN), announcing(calls))).isInstanceOf(Accepted.class);
        assertThat(calls).containsExactly("announce", "begin");
    }

    @Test
    void aSenderThatIsRefusedAnnouncesNothing() {
        List<String> calls = new ArrayList<>();
        server.atPhase(Phase.MAIL).reply("550 not from you").times(1);
        channel.send(row(ANN), announcing(calls));
        assertThat(calls).isEmpty();
    }

    @Test
    void aFailureToAskForTheGoAheadLeavesNoMail() {
        var failing = new Transmission() {
            @Override
            public boolean begin() {
                throw new IllegalStateException("no database");
            }

            @Override
            public boolean reserve(long bytes) {
                return true;
            }

            @Override
            public void closeAtDeadline(AutoCloseable connection) {}
        };
        assertThatIllegalStateException().isThrownBy(() -> channel.send(row(ANN), failing));
        assertThat(send()).isInstanceOf(Accepted.class);
        assertThat(server.received()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Phase.class,
            names = {"GREETING", "RCPT", "DATA_END"})
    void theDeadlineEndsASendThatHangs(Phase phase) throws Exception {
        use(provider(server)
                .withConnection(
                        to -> to.withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(25), Duration.ofSeconds(2))));
        server.atPhase(phase).hang().times(1);
        var closer = new AtomicReference<AutoCloseable>();
        Outcome outcome = channel.send(row(ANN), watched(connection -> {
            closer.set(connection);
            CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS).execute(() -> close(connection));
        }));
        assertThat(outcome).isInstanceOf(phase == Phase.DATA_END ? Ambiguous.class : Transient.class);
        assertThat(send()).isInstanceOf(Accepted.class);

        Objects.requireNonNull(closer.get()).close();
        assertThat(send()).as("a late deadline hits nobody else").isInstanceOf(Accepted.class);
        assertThat(server.connections()).isEqualTo(2);
    }

    @Test
    void aDeadlineThatHasPassedBeforeConnectingSendsNothing() {
        assertThat(channel.send(row(ANN), watched(EmailChannelTest::close))).isInstanceOf(Transient.class);
        assertThat(server.received()).isZero();
    }

    @Test
    void rejectedCredentialsStopTheChannelAndNewOnesStartIt() {
        server.requiringLogin("bob", "secret");
        use(provider(server).withCredentials("bob", "wrong"));
        assertThat(send()).isEqualTo(new ChannelDown("CredentialsRejected", "535 5.7.8 credentials rejected"));

        channel.replace(provider(server).withCredentials("bob", "secret"));
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void aLoginThatFailsForNowIsTransient() {
        server.requiringLogin("bob", "secret");
        server.atPhase(Phase.AUTH).reply("454 4.7.0 temporary failure").times(1);
        server.atPhase(Phase.AUTH).close().times(1);
        use(provider(server).withCredentials("bob", "secret"));

        assertThat(send()).isInstanceOf(Transient.class);
        assertThat(send()).isInstanceOf(Transient.class);
        assertThat(send()).isInstanceOf(Accepted.class);
    }

    @Test
    void aServerWithoutLoginIsNotUsedWithOne() {
        use(provider(server).withCredentials("bob", "secret"));
        assertThat(send())
                .isInstanceOfSatisfying(
                        ChannelDown.class, d -> assertThat(d.reply()).contains("AUTH"));
    }

    @Test
    void aServerWithoutTheTlsDemandedOfItIsNotUsed() {
        use(provider(server).withConnection(to -> to.withTls(SmtpProvider.Tls.STARTTLS)));
        assertThat(send())
                .isInstanceOfSatisfying(
                        ChannelDown.class, d -> assertThat(d.reply()).contains("STARTTLS"));

        use(provider(server).withConnection(to -> to.withTls(SmtpProvider.Tls.IMPLICIT)));
        assertThat(send()).isNotInstanceOf(Accepted.class);
        assertThat(server.received()).isZero();
    }

    @Test
    void anUnknownHostIsTransient() {
        use(SmtpProvider.of("default", "nowhere.invalid", 25, "a@example.com"));
        assertThat(send()).isInstanceOfSatisfying(Transient.class, t -> {
            assertThat(t.type()).isEqualTo("ProviderUnavailable");
            assertThat(t.reached()).isFalse();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "nobody",
                "@example.com",
                "a@",
                "a@b@c.com",
                "a@example.com, b@example.com",
                "group: a@example.com;",
                "a@example.com\r\nBcc: b@example.com",
                "a@example.com\0",
                "a b@example.com",
                "a@[127.0.0.1]",
                "a@exa_mple.com",
                "a@example..com",
                "<a@example.com> SIZE=1"
            })
    void aRecipientThatIsNotOneAddressFailsItsRowOnly(String recipient) {
        assertThat(channel.send(row(recipient), allowed())).isInstanceOfSatisfying(Permanent.class, p -> {
            assertThat(p.type()).isEqualTo("RecipientInvalid");
            assertThat(p.reply()).contains("recipient", "retry").doesNotContain("a@", "nobody");
            assertThat(p.reached()).isFalse();
        });
        assertThat(server.connections()).isZero();
    }

    @Test
    void aMissingRecipientFailsItsRowOnly() {
        assertThat(channel.send(row(null), allowed()))
                .isInstanceOfSatisfying(
                        Permanent.class, p -> assertThat(p.type()).isEqualTo("RecipientInvalid"));
    }

    @Test
    void aDomainBeyondAsciiIsSentInPunycode() {
        assertThat(channel.send(row("ann@bücher.example"), allowed())).isInstanceOf(Accepted.class);
        assertThat(server.messages().getFirst().to()).containsExactly("ann@xn--bcher-kva.example");
    }

    @Test
    void aLocalPartBeyondAsciiNeedsSmtpUtf8() {
        assertThat(channel.send(row("zoë@example.com"), allowed())).isInstanceOfSatisfying(Permanent.class, p -> {
            assertThat(p.type()).isEqualTo("RecipientInvalid");
            assertThat(p.reply()).contains("SMTPUTF8").doesNotContain("zoë");
        });
        server.offering("SMTPUTF8");
        use(provider(server));
        assertThat(channel.send(row("zoë@example.com"), allowed())).isInstanceOf(Accepted.class);
        assertThat(server.messages().getFirst().to()).containsExactly("zoë@example.com");
        assertThat(server.messages().getFirst().raw()).contains("To: zoë@example.com");
    }

    @Test
    void theRowsOwnHeadersAreSetAndItsTraceContextIsNot() throws Exception {
        String headers = """
                {"traceparent": "00-abc-def-01",
                 "mail": {"Reply-To": "Team <team@example.com>", "List-Id": "<club.example.com>", "X-Note": "Grüße"}}
                """;
        assertThat(channel.send(row(ANN, "{\"name\": \"Ann\"}", headers), allowed()))
                .isInstanceOf(Accepted.class);

        Received received = server.messages().getFirst();
        assertThat(received.raw()).doesNotContain("traceparent");
        assertThat(received.mime().getHeader("Reply-To")).containsExactly("Team <team@example.com>");
        assertThat(received.mime().getHeader("List-Id")).containsExactly("<club.example.com>");
        assertThat(received.mime().getHeader("X-Note")).containsExactly("=?UTF-8?B?R3LDvMOfZQ==?=");
    }

    @Test
    void namesBesideAddressesAreEncoded() throws Exception {
        SmtpProvider plain = SmtpProvider.of("default", server.host(), server.port(), "Grüße <hello@example.com>");
        use(plain);
        String headers = "{\"mail\": {\"Reply-To\": \"Büro <team@example.com>\"}}";
        assertThat(channel.send(row("Zoë <zoe@example.com>", "{\"name\": \"Ann\"}", headers), allowed()))
                .isInstanceOf(Accepted.class);

        Received received = server.messages().getFirst();
        assertThat(received.raw()).isASCII();
        assertThat(received.to()).containsExactly("zoe@example.com");
        assertThat(received.mime().getFrom()[0]).hasToString("=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= <hello@example.com>");
        assertThat(received.mime().getHeader("To")[0]).endsWith(" <zoe@example.com>");
        assertThat(received.mime().getHeader("Reply-To")[0]).endsWith(" <team@example.com>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"mail\": {\"X-Note\": \"b\\r\\nBcc: x@example.com\"}}",
                "{\"mail\": {\"X-Note\": \"b\\n\"}}",
                "{\"mail\": {\"X-Note\": \"b\\u0000\"}}",
                "{\"mail\": {\"X-A: b\\r\\nBcc\": \"x\"}}",
                "{\"mail\": {\"Reply-To\": \"not an address, at all@\"}}",
                "{\"mail\": {\"bcc\": \"x@example.com\"}}",
                "{\"mail\": {\"From\": \"x@example.com\"}}",
                "{\"mail\": {\"Content-Type\": \"text/html\"}}",
                "{\"mail\": {\"MIME-Version\": \"2\"}}",
                "{\"mail\": {\"Message-Id\": \"<x@example.com>\"}}",
                "{\"mail\": {\"DKIM-Signature\": \"x\"}}",
                "{\"mail\": {\"X-SMTPAPI\": \"{}\"}}",
                "{\"mail\": {\"X-Unheard-Of\": \"x\"}}",
                "{\"mail\": {\"X-Note\": 1}}",
                "{\"mail\": []}"
            })
    void aHeaderThatCouldForgeTheMailFailsItsRow(String headers) {
        assertThat(channel.send(row(ANN, "{\"name\": \"Ann\"}", headers), allowed()))
                .isInstanceOfSatisfying(Permanent.class, p -> {
                    assertThat(p.type()).isEqualTo("PayloadInvalid");
                    assertThat(p.reply()).startsWith("column headers: mail").doesNotContain("x@example.com");
                });
        assertThat(server.connections()).isZero();
    }

    @Test
    void aSubjectWithALineBreakFailsItsRow() {
        assertThat(channel.send(row(ANN, "{\"name\": \"Ann\\nBcc: x@example.com\"}", "{}"), allowed()))
                .isInstanceOfSatisfying(
                        Permanent.class,
                        p -> assertThat(p.reply()).contains("subject").doesNotContain("x@example.com"));
    }

    @Test
    void aPayloadThatIsNoObjectOrTooLargeOrTooDeepFailsItsRow() {
        List<String> payloads = List.of(
                "[]",
                "\"x\"",
                "{\"name\": ",
                "{} {}",
                "{\"name\": \"" + "x".repeat(JsonObjects.MAX_BYTES) + "\"}",
                "{\"name\": " + "[".repeat(100) + "]".repeat(100) + "}");
        for (String payload : payloads) {
            assertThat(channel.send(row(ANN, payload, "{}"), allowed())).isInstanceOfSatisfying(Permanent.class, p -> {
                assertThat(p.type()).isEqualTo("PayloadInvalid");
                assertThat(p.reply()).startsWith("column payload ").endsWith(", then retry");
            });
        }
    }

    @Test
    void aMailThatTakesMuchAsksFirstAndIsSentWhenThereIsRoom() {
        template(root, "digest", "subject.txt", "A digest");
        template(
                root, "digest", "body.txt", "[# th:each=\"a : ${items}\"][# th:each=\"b : ${items}\"][(${b})]\n[/][/]");
        var digest = new OutgoingMessage(
                8,
                KEY,
                "default",
                "digest",
                ANN,
                "{\"items\": [" + "\"abcdefghij\",".repeat(150) + "\"\"]}",
                "{}",
                "default");
        List<Long> asked = new CopyOnWriteArrayList<>();

        assertThat(channel.send(digest, asking(asked, false))).isInstanceOfSatisfying(Transient.class, t -> {
            assertThat(t.type()).isEqualTo("MemoryBusy");
            assertThat(t.fault()).isEqualTo(Fault.OURS);
            assertThat(t.reached()).isFalse();
        });
        assertThat(server.connections()).isZero();
        assertThat(channel.send(digest, asking(asked, true))).isInstanceOf(Accepted.class);
        assertThat(server.messages().getFirst().raw().length()).isGreaterThan(200_000);
        assertThat(channel.send(row(ANN), asking(asked, false)))
                .as("a small one")
                .isInstanceOf(Accepted.class);
        assertThat(asked).hasSize(2).allSatisfy(bytes -> assertThat(bytes).isGreaterThan(Transmission.SMALL));
    }

    private static Transmission asking(List<Long> asked, boolean room) {
        return new Transmission() {
            @Override
            public boolean reserve(long bytes) {
                asked.add(bytes);
                return room;
            }

            @Override
            public boolean begin() {
                return true;
            }

            @Override
            public void closeAtDeadline(AutoCloseable connection) {}
        };
    }

    @Test
    void aMailOverTheProvidersLimitFailsItsRow() {
        use(provider(server).withConnection(to -> to.withMaxConnections(1)).withLimits(new SmtpLimits(1, 2048)));
        assertThat(channel.send(row(ANN, "{\"name\": \"" + "x".repeat(800) + "\"}", "{}"), allowed()))
                .isInstanceOfSatisfying(
                        Permanent.class, p -> assertThat(p.reply()).contains("2048"));
        assertThat(server.connections()).isZero();
    }

    @Test
    void anUnknownProviderIsAFaultOfOurs() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> channel.send(
                        new OutgoingMessage(1, KEY, "default", "welcome", ANN, "{}", "{}", "other"), allowed()))
                .withMessageContaining("'other'")
                .withMessageContaining("default");
    }

    private Outcome send() {
        return channel.send(row(ANN), allowed());
    }

    private void use(SmtpProvider provider) {
        channel.close();
        channel = channel(provider);
    }

    private EmailChannel channel(SmtpProvider provider) {
        return new EmailChannel(Map.of("default", provider), new Templates(List.of(root), NOON), HEADERS, NOON);
    }

    private static void close(AutoCloseable connection) {
        try {
            connection.close();
        } catch (Exception e) {
            throw new AssertionError("closing must never fail", e);
        }
    }

    private static Transmission watched(Consumer<AutoCloseable> watchdog) {
        return new Transmission() {
            @Override
            public boolean begin() {
                return true;
            }

            @Override
            public boolean reserve(long bytes) {
                return true;
            }

            @Override
            public void closeAtDeadline(AutoCloseable connection) {
                watchdog.accept(connection);
            }
        };
    }
}
