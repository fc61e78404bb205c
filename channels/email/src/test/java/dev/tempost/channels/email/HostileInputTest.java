package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.KEY;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static dev.tempost.channels.email.SmtpHarness.template;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Outcome.Accepted;
import dev.tempost.activities.channel.Outcome.Permanent;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.channels.email.testing.HostileRows;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Received;
import jakarta.mail.Header;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;

/** Whatever a row says, the mail server hears of one mail to one recipient, or of nothing. */
class HostileInputTest {

    private static final String ANN = "ann@example.com";
    private static final List<String> ENVELOPE =
            List.of("MAIL FROM:<hello@example.com>", "RCPT TO:<ann@example.com>", "DATA");
    private static final List<String> OWN_HEADERS =
            List.of("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Type");

    private static final ScriptedSmtpServer SERVER =
            ScriptedSmtpServer.listening().offering("SMTPUTF8");
    private static final EmailChannel CHANNEL = new EmailChannel(
            Map.of("default", SmtpHarness.provider(SERVER)), new Templates(List.of(templates()), NOON), HEADERS, NOON);

    private static Path templates() {
        try {
            Path root = Files.createDirectories(Path.of("target", "hostile-templates"));
            SmtpHarness.welcome(root);
            template(root, "note", "subject.txt", "A note");
            template(root, "note", "body.txt", "[(${name})]");
            template(root, "note", "body.html", "<b>[[${name}]]</b><i th:text=\"${name}\">you</i>");
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterContainer
    static void stop() {
        CHANNEL.close();
        SERVER.close();
    }

    @Provide
    Arbitrary<String> hostile() {
        Arbitrary<String> bait = Arbitraries.of(
                "\r\nBcc: eve@evil.example",
                "\nBcc: eve@evil.example\n\n",
                "\rBcc: eve@evil.example",
                "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n",
                "\n.\nRCPT TO:<eve@evil.example>\n",
                "\r.\r",
                ".",
                "..",
                "\r\n\r\n",
                "\u0000",
                "\u0085",
                "\u2028",
                "\u2029",
                "\u202e",
                "\u200b",
                "\ufeff",
                "\ud83c",
                "\udf89",
                "🎉",
                "é",
                "=?UTF-8?Q?=0D=0ABcc:_eve@evil.example?=",
                "%0d%0aBcc: eve@evil.example",
                "\n--=_" + KEY + "\nContent-Type: text/html\n\n",
                "<script>alert(1)</script>",
                "\"'><img src=x onerror=alert(1)>",
                "</b>",
                "<!--",
                "&lt;",
                "${7*7}",
                "[[${7*7}]]",
                "[(${7*7})]",
                "__${7*7}__",
                "[[${T(java.lang.Runtime).getRuntime().exec('id')}]]",
                "${@java.lang.Runtime@getRuntime()}",
                "*{7*7}#{x}@{x}~{x}",
                "[# th:utext=\"${7*7}\"/]",
                "x".repeat(998),
                " ".repeat(80),
                "\t");
        return Arbitraries.frequencyOf(
                        Tuple.of(5, bait),
                        Tuple.of(2, Arbitraries.strings().ofMaxLength(40)),
                        Tuple.of(1, Arbitraries.strings().ascii().ofMaxLength(40)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(6)
                .map(parts -> String.join("", parts));
    }

    @Property(tries = 500)
    void aPayloadIsTextAndNothingElse(@ForAll("hostile") String value) throws Exception {
        Received mail = Objects.requireNonNull(sendAndExpectOneMail("note", ANN, payload(value), "{}"), "refused");

        var parts = (MimeMultipart) mail.mime().getContent();
        assertThat(parts.getCount()).isEqualTo(2);
        String shown = normalised(value);
        assertThat(normalised((String) parts.getBodyPart(0).getContent()).stripTrailing())
                .isEqualTo(shown.stripTrailing());
        String html = normalised((String) parts.getBodyPart(1).getContent()).stripTrailing();
        assertThat(html).startsWith("<b>").endsWith("</i>");
        String inner = html.substring(3, html.indexOf("</b>"));
        assertThat(inner).doesNotContain("<").isEqualTo(html.substring(html.indexOf("<i>") + 3, html.length() - 4));
        assertThat(unescaped(inner)).isEqualTo(shown);
    }

    @Property(tries = 300)
    void aSubjectIsOneHeaderOrARefusal(@ForAll("hostile") String value) throws Exception {
        Received mail = sendAndExpectOneMail("welcome", ANN, payload(value), "{}");

        String subject = ("Welcome, " + value).strip();
        boolean refused = subject.length() > HeaderText.MAX_LENGTH
                || subject.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0);
        assertThat(mail == null).isEqualTo(refused);
        if (mail != null) {
            assertThat(mail.mime().getHeader("Subject")).hasSize(1);
        }
    }

    @Property(tries = 300)
    void aHeaderOfARowIsOneHeaderOrARefusal(@ForAll("hostile") String value) throws Exception {
        Received mail = sendAndExpectOneMail(
                "note", ANN, payload("Ann"), "{\"mail\": {\"X-Note\": " + HostileRows.json(value) + "}}");

        if (mail != null) {
            assertThat(mail.mime().getHeader("X-Note")).hasSize(1);
        }
    }

    @Property(tries = 300)
    void aHeaderNameIsANameOrARefusal(@ForAll("hostile") String name) throws Exception {
        sendAndExpectOneMail("note", ANN, payload("Ann"), "{\"mail\": {" + HostileRows.json(name) + ": \"value\"}}");
    }

    @Property(tries = 500)
    void aRecipientIsOneAddressOrARefusal(@ForAll("hostile") String before, @ForAll("hostile") String after) {
        for (String recipient : List.of(
                before + ANN, ANN + after, "ann" + before + "@example.com", "\"" + before + "\" <" + ANN + ">")) {
            SERVER.forgetMessages();
            Outcome outcome = send("note", recipient, payload("Ann"), "{}");

            if (outcome instanceof Accepted) {
                assertThat(SERVER.commands().stream().filter(c -> c.startsWith("RCPT")))
                        .singleElement()
                        .asString()
                        .matches("RCPT TO:<[^\\s<>\"\\\\\\p{Cntrl}]+@[A-Za-z0-9.-]+>");
                assertThat(heard()).hasSize(3);
            } else {
                assertRefused(outcome);
                assertThat(SERVER.received())
                        .as("%s %s", outcome, SERVER.commands())
                        .isZero();
            }
        }
    }

    @Example
    void addressesOfTheWorldGoOutOrAreRefused() {
        assertThat(recipientOf("ann@faß.example")).isEqualTo("ann@xn--fa-hia.example");
        assertThat(recipientOf("ann@Bücher.example")).isEqualTo("ann@xn--bcher-kva.example");
        assertThat(recipientOf("ann@نامه\u200cای.example")).isEqualTo("ann@xn--mgba3gch31f060k.example");
        assertThat(recipientOf("ann@हिन्दी.example")).isEqualTo("ann@xn--j2bd4cyah0f.example");
        assertThat(recipientOf("Ann <ann@ไทย.example>")).isEqualTo("ann@xn--o3cw4h.example");
        assertThat(recipientOf("\"Ann@Büro\" <ann@Büro.example>")).isEqualTo("ann@xn--bro-hoa.example");
        assertThat(recipientOf("ann@r3---sn.example.com")).isEqualTo("ann@r3---sn.example.com");
        assertThat(recipientOf("ann@bücher.example")).isEqualTo("ann@xn--bcher-kva.example");
        assertThat(recipientOf("ann@例え.テスト")).isEqualTo("ann@xn--r8jz45g.xn--zckzah");
        assertThat(recipientOf("用户@example.com")).isEqualTo("用户@example.com");
        assertThat(recipientOf("o'neil+tag=1@example.com")).isEqualTo("o'neil+tag=1@example.com");
        for (String refused : List.of(
                "ann\u200b@example.com",
                "an\u200dn@example.com",
                "ann@exam\u200dple.com",
                "ann@☃.example",
                "ann@xn--fa.example",
                "ann@example.com。",
                "ann@exam\u200bple.com",
                "\u202eann@example.com",
                "ann\u00a0lee@example.com",
                "ann\ud800@example.com",
                "\"ann lee\"@example.com",
                "\"ann> RCPT TO:<eve\"@example.com",
                "ann@example.com\r\nRCPT TO:<eve@evil.example>",
                "ann@" + "x".repeat(64) + ".com",
                "a".repeat(65) + "@example.com",
                "a".repeat(100_000) + "@example.com",
                "\"" + "x".repeat(600) + "\" <ann@example.com>",
                "ann@-example.com",
                "ann@example.com>",
                "@evil.example:ann@example.com",
                "ann%evil.example@",
                "<>")) {
            assertRefused(send("note", refused, payload("Ann"), "{}"));
        }
    }

    @Example
    void jsonBeyondTheLimitsIsRefusedByNameAndRemedy() {
        for (String payload : List.of(
                "[".repeat(100_000),
                "{\"a\":".repeat(100_000),
                "{\"name\": " + "[".repeat(65) + "]".repeat(65) + "}",
                "{\"name\": " + "9".repeat(1001) + "}",
                "{\"name\": 1e999999999}",
                "{\"name\": 1e-999999999}",
                "{\"" + "k".repeat(1001) + "\": 1}",
                "{\"name\": \"" + "é".repeat(600_000) + "\"}",
                "{\"name\": NaN}",
                "{\"name\": 'x'}",
                "{\"name\": \"\\ud800\"",
                "",
                "null",
                "\u0000")) {
            Outcome outcome = send("note", ANN, payload, "{}");
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            Permanent.class,
                            p -> assertThat(p.reply())
                                    .startsWith("column payload ")
                                    .endsWith(", then retry"));
        }
    }

    @Example
    void headersBeyondTheLimitsAreRefused() {
        for (String headers : List.of(
                "{\"mail\": {" + headers(51) + "}}",
                "{\"mail\": {\"X-Note\": \"" + "x".repeat(901) + "\"}}",
                "{\"mail\": {\"" + "X".repeat(77) + "\": \"v\"}}",
                "{\"mail\": {\"Reply-To\": \"zoë@example.com\"}}",
                "{\"mail\": {\"Reply-To\": \"a@☃.example\"}}")) {
            Outcome outcome = send("note", ANN, payload("Ann"), headers);
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            Permanent.class,
                            p -> assertThat(p.reply())
                                    .startsWith("column headers: mail")
                                    .endsWith(", then retry"));
        }
    }

    @Example
    void aSubjectOfExactlyTheLimitStillFitsIntoALine() throws Exception {
        for (String filler : List.of("x", "é", "🎉", "\u0001")) {
            int length = (HeaderText.MAX_LENGTH - "Welcome, ".length()) / filler.length();
            assertThat(sendAndExpectOneMail("welcome", ANN, payload(filler.repeat(length)), "{}"))
                    .isNotNull();
        }
    }

    private static String headers(int count) {
        return IntStream.range(0, count).mapToObj(i -> "\"X-" + i + "\": \"v\"").collect(Collectors.joining(", "));
    }

    /** The mail, or null for a row that was refused before anybody heard of it. */
    private static @Nullable Received sendAndExpectOneMail(
            String eventType, String recipient, String payload, String headers) throws MessagingException {
        SERVER.forgetMessages();
        Outcome outcome = send(eventType, recipient, payload, headers);
        List<String> heard = heard();
        if (!(outcome instanceof Accepted)) {
            assertRefused(outcome);
            assertThat(heard).isEmpty();
            assertThat(SERVER.received()).isZero();
            return null;
        }
        assertThat(heard).isEqualTo(ENVELOPE);
        Received mail = SERVER.messages().getFirst();
        assertThat(SERVER.received()).isEqualTo(1);
        assertWellFormed(mail);
        return mail;
    }

    /** Without what belongs to connections and not to mails. */
    private static List<String> heard() {
        return SERVER.commands().stream()
                .filter(c -> !c.startsWith("EHLO") && !c.equals("QUIT"))
                .toList();
    }

    private static void assertRefused(Outcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(Permanent.class, p -> {
            assertThat(p.type()).isIn("PayloadInvalid", "RecipientInvalid");
            assertThat(p.reply())
                    .endsWith(", then retry")
                    .doesNotContain("evil")
                    .doesNotContainPattern("\\p{Cntrl}");
            assertThat(p.reached()).isFalse();
        });
    }

    private static void assertWellFormed(Received mail) throws MessagingException {
        byte[] raw = mail.content().toByteArray();
        for (int i = 0; i < raw.length; i++) {
            assertThat(raw[i]).as("byte %s is ASCII and no NUL", i).isPositive();
            if (raw[i] == '\n') {
                assertThat(raw[i - 1]).isEqualTo((byte) '\r');
            }
            if (raw[i] == '\r') {
                assertThat(raw[i + 1]).isEqualTo((byte) '\n');
            }
        }
        assertThat(Arrays.stream(new String(raw, StandardCharsets.US_ASCII).split("\r\n", -1)))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(998));
        MimeMessage mime = mail.mime();
        List<String> names = Collections.list(mime.getAllHeaders()).stream()
                .map(Header::getName)
                .toList();
        assertThat(names).containsAll(OWN_HEADERS).doesNotHaveDuplicates();
        assertThat(names).noneMatch(name -> name.equalsIgnoreCase("Bcc") || name.equalsIgnoreCase("Cc"));
        assertThat(mime.getHeader("To")).containsExactly(ANN);
        assertThat(mime.getHeader("From")).containsExactly("Example <hello@example.com>");
        assertThat(mime.getAllRecipients()).hasSize(1);
    }

    private static String recipientOf(String recipient) {
        SERVER.forgetMessages();
        assertThat(send("note", recipient, payload("Ann"), "{}")).isInstanceOf(Accepted.class);
        return SERVER.messages().getFirst().to().getFirst();
    }

    private static Outcome send(String eventType, String recipient, String payload, String headers) {
        return CHANNEL.send(
                new OutgoingMessage(7, KEY, "default", eventType, recipient, payload, headers, "default"), allowed());
    }

    private static String payload(String name) {
        return "{\"name\": " + HostileRows.json(name) + "}";
    }

    /** Line ends as LF; what has no UTF-8 as the question mark Java writes for it. */
    private static String normalised(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)
                .replace("\r\n", "\n")
                .replace('\r', '\n');
    }

    private static String unescaped(String html) {
        return html.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }
}
