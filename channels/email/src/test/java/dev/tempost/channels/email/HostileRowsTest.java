package dev.tempost.channels.email;

import static dev.tempost.channels.email.SmtpHarness.HEADERS;
import static dev.tempost.channels.email.SmtpHarness.NOON;
import static dev.tempost.channels.email.SmtpHarness.allowed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.channels.email.testing.HostileRows;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ten thousand rows, each a real conversation with a mail server or a refusal that says what to do. */
class HostileRowsTest {

    private static final int ROWS = 10_000;
    private static final String COLUMN_AND_REMEDY =
            "(?s).*(column (recipient|payload|headers)|row's payload|no template for event type).*, then retry";

    @TempDir
    Path root;

    @Test
    void eachIsSentOrRefusedWithColumnAndRemedy() throws Exception {
        long seed = new Random().nextLong();
        HostileRows rows = new HostileRows(seed);
        HostileRows.templates(this::write);
        AtomicInteger sent = new AtomicInteger();
        try (ScriptedSmtpServer server = ScriptedSmtpServer.listening().offering("SMTPUTF8");
                EmailChannel channel = new EmailChannel(
                        Map.of("default", SmtpHarness.provider(server)),
                        new Templates(List.of(root), NOON),
                        HEADERS,
                        NOON);
                ExecutorService senders = Executors.newFixedThreadPool(4)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < ROWS; i++) {
                HostileRows.Row row = rows.next();
                all.add(senders.submit(() -> {
                    Outcome outcome = channel.send(message(row), allowed());
                    if (outcome instanceof Outcome.Accepted) {
                        sent.incrementAndGet();
                        return;
                    }
                    assertThat(outcome)
                            .as("seed %d: %s", seed, row)
                            .isInstanceOfSatisfying(
                                    Outcome.Permanent.class,
                                    refused -> assertThat(refused.reply())
                                            .matches(COLUMN_AND_REMEDY)
                                            .doesNotContain("evil")
                                            .doesNotContainPattern("[\\p{Cntrl}\\u202e\\u200b\\u2028]"));
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
            System.out.printf("Hostile rows, seed %d: %d of %d sent, the others refused%n", seed, sent.get(), ROWS);
            assertThat(server.received()).isEqualTo(sent.get());
            assertThat(sent.get()).as("sent of %d", ROWS).isBetween(ROWS / 10, ROWS * 9 / 10);
            assertThat(server.messages())
                    .allSatisfy(mail ->
                            assertThat(mail.to()).singleElement().asString().doesNotContain("evil"));
        }
    }

    private static OutgoingMessage message(HostileRows.Row row) {
        return new OutgoingMessage(
                7,
                UUID.randomUUID(),
                "default",
                row.eventType(),
                row.recipient(),
                row.payload(),
                row.headers(),
                "default");
    }

    private void write(String path, String content) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
