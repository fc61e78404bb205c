package dev.tempost.channels.email;

import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the tests of this package share: a provider on the scripted server, rows, templates, attempts. */
final class SmtpHarness {

    static final Clock NOON = Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);
    static final UUID KEY = UUID.fromString("0b0e5a34-7d7c-4c7e-9a53-6a1f0c0ffee0");

    static final MailHeaders HEADERS = new MailHeaders(List.of("Reply-To", "References", "List-Id", "X-Note"));

    private SmtpHarness() {}

    static SmtpProvider provider(ScriptedSmtpServer server) {
        return SmtpProvider.of("default", server.host(), server.port(), "Example <hello@example.com>")
                .withConnection(
                        to -> to.withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(2)))
                .withConnection(to -> to.withMaxConnections(4))
                .withLimits(new SmtpLimits(100, 1 << 20));
    }

    /** A provider that soon gives up on a server that says nothing. */
    static SmtpProvider impatient(ScriptedSmtpServer server) {
        return provider(server)
                .withConnection(
                        to -> to.withTimeouts(Duration.ofSeconds(2), Duration.ofMillis(300), Duration.ofSeconds(2)));
    }

    static OutgoingMessage row(@Nullable String recipient) {
        return row(recipient, "{\"name\": \"Ann\"}", "{}");
    }

    static OutgoingMessage row(@Nullable String recipient, String payload, String headers) {
        return new OutgoingMessage(7, KEY, "default", "welcome", recipient, payload, headers, "default");
    }

    static void template(Path root, String eventType, String file, String content) {
        try {
            Files.createDirectories(root.resolve(eventType));
            Files.writeString(root.resolve(eventType).resolve(file), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void welcome(Path root) {
        template(root, "welcome", "subject.txt", "Welcome, [[${name}]]\n");
        template(root, "welcome", "body.txt", "Hello [[${name}]]!\n");
        template(root, "welcome", "body.html", "<p>Hello <b th:text=\"${name}\">you</b>!</p>\n");
    }

    /** An attempt that may always send. */
    static Transmission allowed() {
        return attempt(true);
    }

    static Transmission attempt(boolean mayBegin) {
        return new Transmission() {
            @Override
            public boolean begin() {
                return mayBegin;
            }

            @Override
            public boolean reserve(long bytes) {
                return true;
            }

            @Override
            public void closeAtDeadline(AutoCloseable connection) {}
        };
    }
}
