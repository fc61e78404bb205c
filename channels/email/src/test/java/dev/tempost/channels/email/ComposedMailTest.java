package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.KEY;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.template;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.channels.email.testing.PythonOracle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Mails against {@code email} of Python, which reads what we wrote without having a part in it. */
class ComposedMailTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SmtpProvider PROVIDER =
            SmtpProvider.of("default", "localhost", 25, "Grüße & Co. <hello@faß.example>");
    private static final MailComposer COMPOSER =
            new MailComposer(new Templates(List.of(templates()), NOON), HEADERS, NOON);

    private static Path templates() {
        try {
            Path root = Files.createDirectories(Path.of("target", "composed-templates"));
            template(root, "both", "subject.txt", "[(${subject})]");
            template(root, "both", "body.txt", "[(${text})]");
            template(root, "both", "body.html", "<p th:utext=\"${text}\"></p>");
            template(root, "text", "subject.txt", "[(${subject})]");
            template(root, "text", "body.txt", "[(${text})]");
            return root;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Provide
    Arbitrary<String> lines() {
        return parts(
                "word",
                "Grüße",
                "用户",
                "🎉",
                "=?UTF-8?Q?=41?=",
                "=?utf-8?b?QQ==?=",
                "=20",
                "=",
                ".",
                " ",
                "a:b",
                ";",
                "\"q\"",
                "(c)",
                "<x@y>",
                ",",
                "--=_" + KEY,
                "x".repeat(90),
                "é".repeat(80),
                "From ");
    }

    @Provide
    Arbitrary<String> texts() {
        return parts(
                "word",
                " ",
                "\t",
                "\n",
                "\r\n",
                "\r",
                "\n.\n",
                "Grüße",
                "🎉",
                "=",
                "=3D",
                "--=_" + KEY + "\n",
                "\nFrom me\n",
                "x".repeat(80),
                "é".repeat(30),
                "\n\n",
                " \n",
                "<b>",
                "&amp;",
                "\u0001",
                "\u2028",
                "\u0085");
    }

    private static Arbitrary<String> parts(String... bait) {
        return Arbitraries.frequencyOf(
                        Tuple.of(6, Arbitraries.of(bait)),
                        Tuple.of(2, Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(12)),
                        Tuple.of(
                                1,
                                Arbitraries.chars()
                                        .filter(c -> Character.isDefined(c)
                                                && !Character.isSurrogate(c)
                                                && !Character.isISOControl(c)
                                                && c != '\u2028'
                                                && c != '\u2029')
                                        .map(String::valueOf)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(12)
                .map(parts -> String.join("", parts));
    }

    @Property(tries = 1000)
    void aMailIsReadAsItWasMeant(
            @ForAll("lines") String subject,
            @ForAll("lines") String note,
            @ForAll("texts") String text,
            @ForAll boolean both)
            throws IOException {
        byte[] content = compose(both ? "both" : "text", "Zoë Q. <zoe@bücher.example>", subject, note, text);

        JsonNode mail = PythonOracle.shared().mail(content);

        assertThat(mail.path("defects"))
                .as("defects of %s", new String(content, StandardCharsets.UTF_8))
                .isEmpty();
        assertThat(header(mail, "Subject")).isEqualTo(subject.strip());
        assertThat(header(mail, "X-Note").strip()).isEqualTo(note.strip());
        assertThat(mail.path("addresses").path("From").toString())
                .isEqualTo("[[\"Grüße & Co.\",\"hello@xn--fa-hia.example\"]]");
        assertThat(mail.path("addresses").path("To").toString())
                .isEqualTo("[[\"Zoë Q.\",\"zoe@xn--bcher-kva.example\"]]");
        assertThat(header(mail, "Message-ID")).isEqualTo("<" + KEY + "@xn--fa-hia.example>");
        assertThat(mail.path("parts").size()).isEqualTo(both ? 2 : 1);
        assertThat(part(mail, 0, "text/plain")).isEqualTo(lines(text));
        if (both) {
            assertThat(part(mail, 1, "text/html")).isEqualTo(lines("<p>" + text + "</p>"));
        }
    }

    private static byte[] compose(String eventType, String recipient, String subject, String note, String text)
            throws IOException {
        String payload = JSON.writeValueAsString(Map.of("subject", subject, "text", text));
        String headers = JSON.writeValueAsString(Map.of("mail", Map.of("X-Note", note)));
        ComposedMail mail = COMPOSER.compose(
                new OutgoingMessage(7, KEY, "default", eventType, recipient, payload, headers, "default"),
                PROVIDER,
                bytes -> true);
        var content = new ByteArrayOutputStream();
        Objects.requireNonNull(mail).content().writeTo(content);
        return content.toByteArray();
    }

    private static String header(JsonNode mail, String name) {
        for (JsonNode header : mail.path("headers")) {
            if (header.path(0).asText().equals(name)) {
                return header.path(1).asText();
            }
        }
        throw new AssertionError("no " + name + " in " + mail);
    }

    private static String part(JsonNode mail, int index, String type) {
        JsonNode part = mail.path("parts").path(index);
        assertThat(part.path(0).asText()).isEqualTo(type);
        return lines(part.path(1).asText());
    }

    /** A body's line ends are those of mail, and it ends with one. */
    private static String lines(String text) {
        return text.replace("\r\n", "\n").replace('\r', '\n').stripTrailing();
    }
}
