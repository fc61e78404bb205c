package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.outbox.rows.RowStatus;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider that is down for long, and the one that sends in its place. */
class FallbackTest {

    private static final int ROWS = 300;
    private final ScriptedSmtpServer backup = ScriptedSmtpServer.listening();
    private final Installation tempost = new Installation()
            .migrated()
            .with("tempost.providers.default.fallback", "backup")
            .with("tempost.providers.default.fallback-after", "500ms")
            .with("tempost.providers.backup.host", "127.0.0.1")
            .with("tempost.providers.backup.port", backup.port())
            .with("tempost.providers.backup.from", "Tests <tests@example.com>");

    @AfterEach
    void stop() {
        tempost.close();
        backup.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "bulk"})
    void whatADeadServerCannotSendItsFallbackSendsOnceAndTheServerGoesOnWhenItIsBack(String lane) {
        tempost.with("tempost.delivery.lane", lane).start();
        tempost.smtp.stop();
        insert(ROWS);

        tempost.awaitAll(RowStatus.DELIVERED, ROWS);

        assertThat(backup.received()).isEqualTo(ROWS);
        assertThat(
                        tempost.number(
                                "SELECT count(DISTINCT outbox_id) FROM tempost.attempt WHERE phase = 'accepted' AND provider = 'backup'"))
                .isEqualTo(ROWS);
        assertThat(tempost.number("SELECT count(*) FROM tempost.attempt WHERE provider = 'default'"))
                .as("sends that failed, of so many rows")
                .isBetween(1L, ROWS / 2L);
        assertThat(tempost.number("SELECT max(attempts) FROM tempost.outbox"))
                .as("attempts that count")
                .isEqualTo(1);
        assertThat(tempost.number("SELECT count(*) FROM tempost.attempt WHERE phase = 'ambiguous'"))
                .isZero();

        tempost.smtp.start();
        await("the server to be used again").atMost(Installation.TIMEOUT).until(() -> {
            long id = tempost.welcome("back@example.com");
            return "default".equals(tempost.awaitStatus(id, RowStatus.DELIVERED).provider());
        });
    }

    @Test
    void anAttemptThatMayHaveBeenAcceptedKeepsItsPolicyWhoeverSendsNext() {
        tempost.with("tempost.delivery.on-ambiguous", "park").start();
        tempost.smtp.afterDot().acceptThenClose();
        long id = tempost.welcome("ada@example.com");
        assertThat(tempost.awaitStatus(id, RowStatus.FAILED).lastErrorType()).isEqualTo("AmbiguousOutcome");

        tempost.execute("SELECT tempost.hold('default', now() + interval '1 hour', 'their weekend', 'ada')");
        long next = tempost.welcome("bob@example.com");
        assertThat(tempost.awaitStatus(next, RowStatus.DELIVERED).provider())
                .as("a provider that somebody holds is down as well")
                .isEqualTo("backup");

        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.FAILED);
        assertThat(backup.received("ada@example.com")).isZero();
    }

    @Test
    void rowsThatWaitForTheirNextAttemptFindTheFallbackToo() {
        tempost.with("tempost.delivery.initial-interval", "2s").start();
        tempost.smtp.atPhase(Phase.RCPT).reply("451 4.3.0 busy");
        insert(5);
        await("first attempts")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.number("SELECT count(*) FROM tempost.outbox WHERE attempts > 0") == 5);

        tempost.smtp.stop();

        tempost.awaitAll(RowStatus.DELIVERED, 5);
        assertThat(backup.received()).isEqualTo(5);
    }

    private void insert(int rows) {
        tempost.execute(
                "INSERT INTO tempost.outbox (event_type, recipient, payload) SELECT 'welcome', 'row' || n || '@example.com',"
                        + " '{\"name\": \"Ada\"}' FROM generate_series(1, ?) n",
                rows);
    }
}
