package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.OneAtATime;
import dev.tempost.channels.email.testing.HostileRows;
import dev.tempost.outbox.rows.RowStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Hostile rows all the way: inserted, claimed, started in Temporal, sent or refused. Some hundreds in every build, and as many as
 * {@code -Dtempost.hostile.rows} says; the channel alone gets ten thousand in its own test.
 */
@OneAtATime
class HostileRowsEndTest {

    private static final int ROWS = Integer.getInteger("tempost.hostile.rows", 600);

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void eachEndsDeliveredOrFailedWithColumnAndRemedy() throws Exception {
        long seed = new Random().nextLong();
        HostileRows rows = new HostileRows(seed);
        HostileRows.templates(this::write);
        tempost.migrated()
                .with("tempost.mail-headers", "Reply-To,List-Id,X-Note")
                .start();
        tempost.smtp.offering("SMTPUTF8");

        // the start is nobody's wait
        tempost.awaitStatus(neighbour(), RowStatus.DELIVERED);

        int refused = 0;
        try (Connection connection = tempost.connection();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO tempost.outbox"
                        + " (event_type, recipient, payload, headers) VALUES (?, ?, ?::jsonb, ?::jsonb)")) {
            for (int inserted = 0; inserted < ROWS; ) {
                if (insert(insert, rows.next())) {
                    inserted++;
                } else {
                    refused++;
                }
            }
        }
        await("rows of seed " + seed + " to end")
                .atMost(Duration.ofSeconds(60 + ROWS / 10))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    neighbour();
                    return count("tenant = 'default' AND status NOT IN ('delivered', 'failed')") == 0;
                });
        long neighbours = count("tenant = 'other'");
        await("the last neighbours to be delivered")
                .atMost(Installation.TIMEOUT)
                .until(() -> count("tenant = 'other' AND status = 'delivered'") == neighbours);

        assertThat(count("""
                status = 'failed' AND NOT (attempts = 0
                  AND last_error_type IN ('PayloadInvalid', 'RecipientInvalid', 'TemplateInvalid')
                  AND last_error ~ '(column (recipient|payload|headers)|row''s payload|no template for event type).*, then retry$'
                  AND last_error !~ '[[:cntrl:]]')
                """)).as("failed otherwise, seed %d", seed).isZero();
        assertThat(count("status = 'delivered' AND attempts <> 1"))
                .as("sent twice")
                .isZero();
        long delivered = count("status = 'delivered'");
        assertThat(tempost.smtp.received()).isEqualTo((int) delivered);
        System.out.printf(
                Locale.ROOT,
                "Hostile rows, seed %d: %d refused by PostgreSQL, %d delivered, %d failed; %d neighbours waited at most %d ms,"
                        + " half of them %d ms, at most %d ms for their claim%n",
                seed,
                refused,
                delivered - neighbours,
                count("status = 'failed'"),
                neighbours,
                waited(1, "finished_at - created_at"),
                waited(0.5, "finished_at - created_at"),
                waited(1, "dispatched_at - created_at"));
    }

    private long neighbour() {
        return tempost.insert("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                + " VALUES ('other', 'welcome', 'bob@example.com', '{\"name\": \"Bob\"}') RETURNING id");
    }

    private long waited(double part, String time) {
        return tempost.number(
                "SELECT (1000 * percentile_cont(?) WITHIN GROUP (ORDER BY extract(epoch FROM " + time + ")))::bigint"
                        + " FROM tempost.outbox WHERE tenant = 'other'",
                part);
    }

    /** False where PostgreSQL itself refuses the row, and its producer learns of it at once. */
    private static boolean insert(PreparedStatement insert, HostileRows.Row row) {
        try {
            insert.setString(1, row.eventType());
            insert.setString(2, row.recipient());
            insert.setString(3, row.payload());
            insert.setString(4, row.headers());
            return insert.executeUpdate() == 1;
        } catch (SQLException e) {
            return false;
        }
    }

    private long count(String condition) {
        return tempost.number("SELECT count(*) FROM tempost.outbox WHERE " + condition);
    }

    private void write(String path, String content) {
        try {
            Path file = Path.of(Objects.requireNonNull(tempost.settings().get("tempost.templates")))
                    .resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
