package dev.tempost.channels.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.Ambiguous;
import dev.tempost.activities.channel.Outcome.ChannelDown;
import dev.tempost.activities.channel.Outcome.Permanent;
import dev.tempost.activities.channel.Outcome.Throttled;
import dev.tempost.activities.channel.Outcome.Transient;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.activities.channel.testing.Attempt;
import dev.tempost.activities.channel.testing.TestCertificate;
import dev.tempost.channels.webhook.testing.Receiver;
import dev.tempost.channels.webhook.testing.Receiver.Answer;
import dev.tempost.channels.webhook.testing.Receiver.Request;
import dev.tempost.workflows.FailureType;
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WebhookChannelTest {

    private static final String OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private final Receiver receiver = Receiver.listening();

    @AfterEach
    void stop() {
        receiver.close();
    }

    private Outcome send() {
        return send(Webhooks.provider(receiver.url("/hook")), Webhooks.row(null));
    }

    private static Outcome send(WebhookProvider provider, OutgoingMessage row) {
        try (WebhookChannel channel = Webhooks.channel(provider)) {
            return channel.send(row, Attempt.allowed());
        }
    }

    private Request received() {
        assertThat(receiver.requests()).hasSize(1);
        return receiver.requests().getFirst();
    }

    @Test
    void aRequestCarriesThePayloadItsNamesAndTheHeadersThatWereAskedFor() {
        WebhookProvider provider = Webhooks.signed(
                receiver.url("/hook?tenant=a%20b"),
                BodyFormat.PAYLOAD,
                List.of(),
                Map.of("Authorization", "Bearer t0ken", "X-Team", "sales"));

        assertThat(send(provider, Webhooks.row("ann@example.com", "{\"name\": \"Zoë\"}")))
                .isEqualTo(new Accepted("200 OK", null));

        Request request = received();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/hook?tenant=a%20b");
        assertThat(request.body()).isEqualTo("{\"name\": \"Zoë\"}");
        assertThat(request.headers())
                .containsEntry("content-type", "application/json")
                .containsEntry("webhook-id", Webhooks.KEY.toString())
                .containsEntry(
                        "webhook-timestamp",
                        Long.toString(Webhooks.NOON.instant().getEpochSecond()))
                .containsEntry("idempotency-key", Webhooks.KEY.toString())
                .containsEntry("authorization", "Bearer t0ken")
                .containsEntry("x-team", "sales")
                .containsEntry("user-agent", "Tempost")
                .doesNotContainKeys("webhook-signature", "accept-encoding", "cookie", "upgrade", "expect");
        assertThat(request.toString()).doesNotContain("ann@example.com");
    }

    @Test
    void anyLibraryOfStandardWebhooksVerifiesIt() throws Exception {
        WebhookProvider provider = new WebhookProvider(
                "crm",
                receiver.url("/hook"),
                List.of(),
                List.of(Webhooks.SECRET, OTHER_SECRET),
                BodyFormat.PAYLOAD,
                Map.of(),
                Duration.ofSeconds(10),
                4,
                true);
        try (WebhookChannel channel = new WebhookChannel(
                List.of(provider), Instant::now, InetAddress::getAllByName, SSLContext.getDefault())) {
            channel.send(Webhooks.row(null, "{\"name\": \"Zoë\"}"), Attempt.allowed());
        }

        Map<String, List<String>> headers = Map.of(
                "webhook-id", List.of(received().header("webhook-id")),
                "webhook-timestamp", List.of(received().header("webhook-timestamp")),
                "webhook-signature", List.of(received().header("webhook-signature")));
        // one that still knows the old secret, one that knows the new one, one that knows neither
        new Webhook(Webhooks.SECRET).verify(received().body(), headers);
        new Webhook(OTHER_SECRET).verify(received().body(), headers);
        assertThatThrownBy(() ->
                        new Webhook("whsec_" + "A".repeat(32)).verify(received().body(), headers))
                .isInstanceOf(WebhookVerificationException.class);
        assertThatThrownBy(() -> new Webhook(Webhooks.SECRET).verify("{\"name\": \"Eve\"}", headers))
                .isInstanceOf(WebhookVerificationException.class);
    }

    @Test
    void aCloudEventIsReadByItsOwnLibrary() {
        send(
                Webhooks.signed(receiver.url("/"), BodyFormat.CLOUDEVENTS, List.of(), Map.of()),
                Webhooks.row("ann@example.com"));

        assertThat(received().header("content-type")).isEqualTo("application/cloudevents+json");
        CloudEvent event = new JsonFormat().deserialize(received().body().getBytes(StandardCharsets.UTF_8));
        assertThat(event.getId()).isEqualTo(Webhooks.KEY.toString());
        assertThat(event.getType()).isEqualTo("contract.signed");
        assertThat(event.getSource()).hasToString("/tempost/default");
        assertThat(event.getSubject()).isEqualTo("ann@example.com");
        assertThat(new String(Objects.requireNonNull(event.getData()).toBytes(), StandardCharsets.UTF_8))
                .isEqualTo("{\"name\":\"Ann\"}");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            200, Accepted, ,
            201, Accepted, ,
            202, Accepted, ,
            204, Accepted, ,
            299, Accepted, ,
            300, Permanent, MessageRejected,
            301, Permanent, MessageRejected,
            302, Permanent, MessageRejected,
            307, Permanent, MessageRejected,
            308, Permanent, MessageRejected,
            400, Permanent, MessageRejected,
            401, Transient, CredentialsRejected, MESSAGE
            403, Transient, CredentialsRejected, MESSAGE
            404, Permanent, MessageRejected,
            405, Permanent, MessageRejected,
            407, Permanent, MessageRejected,
            408, Transient, ProviderUnavailable, MESSAGE
            409, Permanent, MessageRejected,
            410, Permanent, MessageRejected,
            413, Permanent, MessageRejected,
            415, Permanent, MessageRejected,
            421, Permanent, MessageRejected,
            422, Permanent, MessageRejected,
            425, Transient, ProviderUnavailable, MESSAGE
            429, Throttled, ,
            451, Permanent, MessageRejected,
            499, Permanent, MessageRejected,
            500, Transient, ProviderUnavailable, MESSAGE
            501, Transient, ProviderUnavailable, MESSAGE
            502, Transient, ProviderUnavailable, MESSAGE
            503, Transient, ProviderUnavailable, MESSAGE
            504, Transient, ProviderUnavailable, MESSAGE
            599, Transient, ProviderUnavailable, MESSAGE
            600, Transient, ProtocolError, MESSAGE
            999, Transient, ProtocolError, MESSAGE
            """)
    void everyStatusHasAnOutcome(int status, String outcome, @Nullable String type, @Nullable Fault fault) {
        // what leads elsewhere is not followed
        receiver.always(Receiver.status(status, "", "Location: " + receiver.url("/elsewhere")));

        Outcome came = send();

        assertThat(came.getClass().getSimpleName()).isEqualTo(outcome);
        assertThat(came.reply()).startsWith(Integer.toString(status));
        if (came instanceof Transient failure) {
            assertThat(failure.type()).isEqualTo(type);
            assertThat(failure.fault()).isEqualTo(fault);
            assertThat(failure.reached()).isTrue();
        }
        if (came instanceof Permanent failure) {
            assertThat(failure.type()).isEqualTo(type);
            assertThat(failure.reached()).isTrue();
        }
        assertThat(receiver.requests()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "120, 120",
        "0, -1",
        "-5, -1",
        "7200, 3600",
        "99999999999999999999, 3600",
        "'Sat, 28 Nov 2026 12:01:30 GMT', 90",
        "'Saturday, 28-Nov-26 12:01:30 GMT', 90",
        "'Sat, 28 Nov 2026 11:00:00 GMT', -1",
        "'Sun, 28 Nov 2027 12:00:00 GMT', 3600",
        "soon, -1",
        "'', -1"
    })
    void aReceiverSaysWhenToComeAgain(String asked, long seconds) {
        Duration expected = seconds < 0 ? null : Duration.ofSeconds(seconds);

        receiver.once(Receiver.status(503, "", "Retry-After: " + asked));
        assertThat(send())
                .isInstanceOfSatisfying(
                        Transient.class,
                        failure -> assertThat(failure.retryAfter()).isEqualTo(expected));
        receiver.once(Receiver.status(429, "", "Retry-After: " + asked));
        assertThat(send())
                .isInstanceOfSatisfying(
                        Throttled.class,
                        failure -> assertThat(failure.retryAfter()).isEqualTo(expected));
    }

    @Test
    void whatAReceiverSaysIsShownWordByWord() {
        receiver.always(Receiver.status(
                422, "{\"error\": \"invalid signature for Ann of Elm Street, see https://x.example/?who=ann\"}"));

        assertThat(send().reply())
                .isEqualTo(
                        "422 Unprocessable Content {\"error\": \"invalid signature for <masked> of <masked> see <masked>");
    }

    @Test
    void anAnswerThatIsNoneLeavesTheOutcomeUnknown() {
        for (Answer nonsense : List.of(
                Receiver.hangUp(),
                Receiver.raw("SSH-2.0-OpenSSH\r\n\r\n").andHangUp(),
                Receiver.raw("HTTP/1.1 what\r\n\r\n").andHangUp(),
                Receiver.raw("HTTP/1.1 20").andHangUp(),
                Receiver.raw("\u0000\u0001\u0002").andHangUp(),
                Receiver.endless("HTTP/1.1 200 OK\r\n", "X-Again: and again\r\n"),
                Receiver.endless("HTTP/1.1 200 OK\r\nX-Long: ", "and longer "))) {
            receiver.once(nonsense);
            assertThat(send())
                    .isInstanceOfSatisfying(
                            Ambiguous.class,
                            outcome -> assertThat(outcome.reply()).endsWith("(after the request)"));
        }
    }

    @Test
    void anAnswerThatDoesNotComeInTimeLeavesTheOutcomeUnknown() {
        receiver.always(Receiver.silence());

        assertThat(send(Webhooks.impatient(receiver.url("/")), Webhooks.row(null)))
                .isEqualTo(new Ambiguous("timed out (after the request)"));
    }

    @Test
    void anAnswerWithoutEndIsReadForAMomentAndItsStatusDecides() {
        receiver.once(Receiver.endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nover\r\n"));
        assertThat(send())
                .isInstanceOfSatisfying(
                        Accepted.class, accepted -> assertThat(accepted.reply()).hasSizeLessThanOrEqualTo(300));

        receiver.once(Receiver.raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nslow")
                .andSilence());
        assertThat(send()).isInstanceOf(Accepted.class);

        receiver.once(Receiver.raw("HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\nslow")
                .andHangUp());
        assertThat(send()).isInstanceOf(Transient.class);
    }

    @Test
    void aHeadThatDripsEndsAtTheDeadline() throws Exception {
        receiver.always(Receiver.raw("HTTP/1.1 200 OK\r\nX-Slow: ").andSilence());
        Attempt attempt = Attempt.allowed();
        try (WebhookChannel channel = Webhooks.channel(Webhooks.provider(receiver.url("/")));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Outcome> send = threads.submit(() -> channel.send(Webhooks.row(null), attempt));
            await().until(() -> receiver.requests().size() == 1);

            attempt.passDeadline();

            assertThat(send.get(10, TimeUnit.SECONDS)).isInstanceOf(Ambiguous.class);
        }
    }

    @Test
    void connectionsAreUsedAgainAndAClosedOneIsNoticed() {
        try (WebhookChannel channel = Webhooks.channel(Webhooks.provider(receiver.url("/")))) {
            for (int i = 0; i < 5; i++) {
                assertThat(channel.send(Webhooks.row(null), Attempt.allowed())).isInstanceOf(Accepted.class);
            }
            assertThat(receiver.connections()).isEqualTo(1);

            receiver.once(Receiver.status(200, "").andHangUp());
            assertThat(channel.send(Webhooks.row(null), Attempt.allowed())).isInstanceOf(Accepted.class);
            await().until(() -> receiver.openConnections() == 0);
            assertThat(channel.send(Webhooks.row(null), Attempt.allowed())).isInstanceOf(Accepted.class);
            assertThat(receiver.connections()).isEqualTo(2);
        }
    }

    @Test
    void aLargeOrBrokenPayloadFailsBeforeAnythingIsSent() {
        for (String payload : List.of(
                "{\"text\": \"" + "x".repeat(OutgoingMessage.MAX_BYTES) + "\"}",
                "{\"text\": \"" + "ë".repeat(OutgoingMessage.MAX_BYTES / 2) + "\"}",
                "{\"number\": " + "9".repeat(2000) + "}",
                "{\"a\":".repeat(2000) + "1" + "}".repeat(2000))) {
            assertThat(send(Webhooks.provider(receiver.url("/")), Webhooks.row(null, payload)))
                    .isInstanceOfSatisfying(Permanent.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.PAYLOAD_INVALID);
                        assertThat(failed.reached()).isFalse();
                    });
        }
        assertThat(receiver.requests()).isEmpty();
    }

    @Test
    void aLargePayloadWaitsForRoomBeforeItHoldsAConnection() {
        Transmission full = new Transmission() {
            @Override
            public boolean reserve(long bytes) {
                return false;
            }

            @Override
            public boolean begin() {
                throw new AssertionError("nothing is to be sent");
            }

            @Override
            public void closeAtDeadline(AutoCloseable connection) {}
        };
        try (WebhookChannel channel = Webhooks.channel(Webhooks.provider(receiver.url("/")))) {
            assertThat(channel.send(Webhooks.row(null, "{\"text\": \"" + "x".repeat(200_000) + "\"}"), full))
                    .isInstanceOfSatisfying(Transient.class, waits -> {
                        assertThat(waits.type()).isEqualTo(FailureType.MEMORY_BUSY);
                        assertThat(waits.fault()).isEqualTo(Fault.OURS);
                        assertThat(waits.reached()).isFalse();
                    });
        }
        assertThat(receiver.connections()).isZero();
    }

    @Test
    void aRowMaySayWhereItGoes() {
        WebhookProvider provider = Webhooks.provider(receiver.url("/default"), receiver.url("/a"), receiver.url("/b/"));

        assertThat(send(provider, Webhooks.row(receiver.url("/a/1?x=y")))).isInstanceOf(Accepted.class);
        assertThat(send(provider, Webhooks.row(receiver.url("/b/2")))).isInstanceOf(Accepted.class);
        assertThat(send(provider, Webhooks.row(null))).isInstanceOf(Accepted.class);

        assertThat(receiver.requests()).extracting(Request::target).containsExactly("/a/1?x=y", "/b/2", "/default");
    }

    @Test
    void whoIsAwayByARowsOwnRecipientTakesNoProviderDown() {
        String gone = receiver.url("/gone");
        WebhookProvider provider = Webhooks.provider("http://127.0.0.1:9/", gone);
        receiver.once(Receiver.status(429, ""));
        assertThat(send(provider, Webhooks.row(gone)))
                .isInstanceOfSatisfying(
                        Transient.class, busy -> assertThat(busy.type()).isEqualTo(FailureType.THROTTLED));
        receiver.close();

        assertThat(send(provider, Webhooks.row(gone)))
                .isEqualTo(new Transient(
                        Fault.MESSAGE, FailureType.PROVIDER_UNAVAILABLE, "connection refused", null, true));
    }

    @Test
    void aCertificateThatNobodyTrustsStopsTheProvider() throws Exception {
        TestCertificate certificate = TestCertificate.of("IP:127.0.0.1");
        try (Receiver secure = Receiver.listening(certificate.server())) {
            WebhookProvider provider = Webhooks.provider(secure.url("/"));
            try (WebhookChannel wary = Webhooks.channel(provider)) {
                Attempt attempt = Attempt.allowed();
                assertThat(wary.send(Webhooks.row(null), attempt))
                        .isInstanceOfSatisfying(
                                ChannelDown.class,
                                down -> assertThat(down.type()).isEqualTo(FailureType.CREDENTIALS_REJECTED));
                assertThat(attempt.asked()).isFalse();
                assertThat(wary.probe("crm")).isInstanceOf(Health.Down.class);
            }
            try (WebhookChannel trusting = new WebhookChannel(
                    List.of(provider), Webhooks.NOON, InetAddress::getAllByName, certificate.trusting())) {
                assertThat(trusting.send(Webhooks.row(null), Attempt.allowed())).isInstanceOf(Accepted.class);
                assertThat(trusting.probe("crm")).isEqualTo(new Health.Ready());
            }
            WebhookProvider byAnotherName = Webhooks.provider("https://localhost:" + secure.port() + "/");
            try (WebhookChannel trusting = new WebhookChannel(
                    List.of(byAnotherName), Webhooks.NOON, InetAddress::getAllByName, certificate.trusting())) {
                assertThat(trusting.send(Webhooks.row(null), Attempt.allowed()))
                        .as("the certificate names another host")
                        .isInstanceOf(ChannelDown.class);
            }
            assertThat(secure.requests()).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "whsec_",
                "whsec_c2hvcnQ=",
                "whsec_not base64 at all, and longer than that",
                "secret",
                "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void aSecretThatIsNoneIsNotShown(String secret) {
        assertThatThrownBy(() -> Webhooks.signed(
                        "https://hooks.example/", BodyFormat.PAYLOAD, List.of(Webhooks.SECRET, secret), Map.of()))
                .hasMessageStartingWith("secrets[1] is no secret")
                .hasMessageNotContaining("longer than that")
                .hasMessageNotContaining("AAAA");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Host", "content-length", "Webhook-Signature", "bad header", "X\r\nY", ""})
    void aHeaderThatIsNotForSettingsIsRefused(String header) {
        assertThatThrownBy(() ->
                        Webhooks.signed("https://hooks.example/", BodyFormat.PAYLOAD, List.of(), Map.of(header, "x")))
                .hasMessageStartingWith("headers");
        assertThatThrownBy(() -> Webhooks.signed(
                        "https://hooks.example/", BodyFormat.PAYLOAD, List.of(), Map.of("X-Own", "a\r\nb")))
                .hasMessageStartingWith("headers.X-Own");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Authorization", "COOKIE", "X-Api-Key", "x-auth-token"})
    void noSecretLeavesThisMachineInPlainText(String header) {
        assertThatThrownBy(() -> Webhooks.signed(
                        "http://hooks.internal/", BodyFormat.PAYLOAD, List.of(), Map.of(header, "s3cret")))
                .hasMessageStartingWith("headers." + header + " would go in plain text")
                .hasMessageNotContaining("s3cret");
        for (String url : List.of("http://127.0.0.1/", "http://localhost/", "https://hooks.internal/")) {
            assertThatCode(() -> Webhooks.signed(url, BodyFormat.PAYLOAD, List.of(), Map.of(header, "s3cret")))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void plainTextIsForThoseThatAreAllowedToBePrivate() {
        assertThatThrownBy(() -> Webhooks.provider("http://hooks.example/", false))
                .hasMessageStartingWith("url would send in plain text");
        assertThatThrownBy(() -> Webhooks.provider("https://hooks.example/", false, "http://hooks.example/"))
                .hasMessageStartingWith("recipients would send in plain text");
        assertThatCode(() -> Webhooks.provider("http://hooks.example/", true)).doesNotThrowAnyException();
        assertThat(Webhooks.provider("http://hooks.example/", true).isInPlainText())
                .isTrue();
    }
}
