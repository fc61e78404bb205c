package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** What can go wrong on the way, and what must come of it. */
class FaultsTest {

    private static final int BACKLOG = 40;

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void aRowWhoseClaimerDiedBeforeTheStartIsStartedByAnotherReplica() {
        long id = tempost.migrated().welcome("ada@example.com");
        tempost.execute(
                "UPDATE tempost.outbox SET status = 'dispatched', dispatched_at = now(),"
                        + " lease_until = clock_timestamp() + interval '1 second' WHERE id = ?",
                id);

        tempost.start();

        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
    }

    @Test
    void aRowWhoseWorkflowRunsIsNotStartedAgainWhenItsLeaseRunsOut() {
        tempost.smtp.onRecipient("ada@example.com").reply("451 4.3.0 later").times(3);
        tempost.with("tempost.delivery.initial-interval", "2s").migrated().start();
        long id = tempost.welcome("ada@example.com");
        await("the first attempt")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.row(id).attempts() > 0);
        String run = run(id);

        // as after a start whose reply was lost
        tempost.execute("UPDATE tempost.outbox SET lease_until = now() - interval '1 second' WHERE id = ?", id);

        await("the lease to be dropped")
                .atMost(Installation.TIMEOUT)
                .until(() ->
                        tempost.number("SELECT count(*) FROM tempost.outbox WHERE id = ? AND lease_until IS NULL", id)
                                == 1);
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(run(id)).isEqualTo(run);
        assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);
    }

    @Test
    void aProcessKilledBeforeTheDotIsReplacedLongBeforeTheDeadline() throws Exception {
        tempost.with("tempost.delivery.attempt-deadline", "10m").migrated();
        tempost.smtp.atPhase(Phase.DATA).hang().times(1);
        Process victim = tempost.serve();
        long id = tempost.welcome("ada@example.com");
        await("a send in the middle of its conversation")
                .atMost(Installation.TIMEOUT.multipliedBy(3))
                .until(() -> attempts() == 1 && tempost.smtp.commands().contains("DATA"));
        tempost.start();
        victim.destroyForcibly().waitFor();
        long killedAt = System.nanoTime();

        await("the row to be delivered")
                .atMost(Installation.TIMEOUT.multipliedBy(3))
                .until(() -> tempost.row(id).status() == RowStatus.DELIVERED);

        System.err.println("Delivered "
                + Duration.ofNanos(System.nanoTime() - killedAt).toSeconds() + " s after its process was killed");
        assertThat(tempost.smtp.received()).isEqualTo(1);
        assertThat(tempost.rows.attempts(id)).extracting(Rows.Attempt::phase).containsExactly("transient", "accepted");
    }

    @Test
    void aProcessKilledAfterTheAcceptanceAndBeforeItsRecordIsAmbiguousAndSentAgain() throws Exception {
        long id = killedAfterTheAcceptance("resend");

        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(tempost.smtp.messages())
                .hasSize(2)
                .extracting(mail -> mail.mime().getHeader("Message-ID", null))
                .containsOnly(tempost.smtp.messages().getFirst().mime().getHeader("Message-ID", null));
        assertThat(tempost.rows.attempts(id)).extracting(Rows.Attempt::phase).containsExactly("ambiguous", "accepted");
        System.err.println("Sent again "
                + tempost.number("SELECT round(extract(epoch FROM again.started_at - killed.deadline))"
                        + " FROM tempost.attempt killed JOIN tempost.attempt again USING (outbox_id)"
                        + " WHERE killed.attempt = 1 AND again.attempt = 2")
                + " s after the deadline of the attempt that was killed");
    }

    @Test
    void whereAmbiguousRowsAreParkedItWaitsForAnOperatorWhoMaySendItAgain() throws Exception {
        long id = killedAfterTheAcceptance("park");

        assertThat(tempost.awaitStatus(id, RowStatus.FAILED).lastErrorType()).isEqualTo("AmbiguousOutcome");
        assertThat(tempost.smtp.received()).isEqualTo(1);
        tempost.awaitClosed(id);

        tempost.rows.retry(id);

        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(tempost.smtp.received()).isEqualTo(2);
    }

    @Test
    void aDeadMailServerBurnsNoAttemptsAndItsBacklogGoesOutWhenItIsBack() {
        tempost.migrated().start();
        tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);
        tempost.smtp.stop();
        IntStream.range(0, BACKLOG / 2).forEach(i -> tempost.welcome("row" + i + "@example.com"));
        awaitDown("ProviderUnavailable");
        awaitProbes(2);
        long tried = attempts();
        IntStream.range(BACKLOG / 2, BACKLOG).forEach(i -> tempost.welcome("row" + i + "@example.com"));
        awaitProbes(3);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'pending' AND attempts = 0"))
                .as("rows that wait untouched")
                .isGreaterThanOrEqualTo(BACKLOG / 2);
        assertThat(attempts()).as("no attempt while it is down").isEqualTo(tried);

        tempost.smtp.start();

        tempost.awaitAll(RowStatus.DELIVERED, BACKLOG + 1);
        assertThat(providers().down()).isEmpty();
        assertThat(tempost.number("SELECT max(attempts) FROM tempost.outbox")).isEqualTo(1);
        assertThat(tempost.smtp.received()).isEqualTo(BACKLOG + 1);
        assertThat(attempts() - tried).isEqualTo(BACKLOG);
    }

    @Test
    void refusedCredentialsStopTheProviderAndHurtNoRow() {
        tempost.smtp.requiringLogin("mailer", "new-secret");
        tempost.with("spring.mail.username", "mailer").with("spring.mail.password", "old-secret");
        tempost.migrated().start();
        long first = tempost.welcome("ada@example.com");
        awaitDown("CredentialsRejected");
        awaitProbes(2);
        long second = tempost.welcome("bob@example.com");
        awaitProbes(3);
        assertThat(tempost.row(second).status()).isEqualTo(RowStatus.PENDING);
        assertThat(List.of(tempost.row(first).attempts(), tempost.row(second).attempts()))
                .containsOnly(0);

        tempost.smtp.requiringLogin("mailer", "old-secret");

        tempost.awaitStatus(first, RowStatus.DELIVERED);
        tempost.awaitStatus(second, RowStatus.DELIVERED);
    }

    @Test
    void oneProvidersTroubleDoesNotHoldAnothersRows() {
        try (ScriptedSmtpServer dead = ScriptedSmtpServer.listening()) {
            dead.atPhase(Phase.GREETING).reply("554 go away");
            tempost.template("news", "News", "news", "<p>news</p>");
            tempost.with("tempost.providers.bulk.host", "127.0.0.1")
                    .with("tempost.providers.bulk.port", dead.port())
                    .with("tempost.providers.bulk.from", "Bulk <bulk@example.com>")
                    .with("tempost.event-types.news.provider", "bulk");
            tempost.migrated().start();
            String news = "INSERT INTO tempost.outbox (event_type, recipient) SELECT 'news', 'n' || n || '@example.com'"
                    + " FROM generate_series(1, 20) n";
            tempost.execute(news);
            awaitDown("ProviderUnavailable");
            awaitProbes(2);
            tempost.execute(news);

            tempost.awaitStatus(tempost.welcome("ada@example.com"), RowStatus.DELIVERED);

            assertThat(tempost.number(
                            "SELECT count(*) FROM tempost.outbox WHERE event_type = 'news' AND status = 'pending'"))
                    .isGreaterThanOrEqualTo(20);
        }
    }

    @Test
    @ResourceLock(Resources.SYSTEM_OUT)
    @ExtendWith(OutputCaptureExtension.class)
    void anExhaustedPoolAndStatementsThatTakeTooLongAreReportedAndLoseNothing(CapturedOutput output)
            throws SQLException {
        tempost.with("spring.datasource.hikari.maximum-pool-size", 2)
                .with("spring.datasource.hikari.minimum-idle", 1)
                .with("spring.datasource.hikari.connection-timeout", 250);
        tempost.migrated().start();
        tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);
        try (Connection migration = tempost.connection();
                Statement statement = migration.createStatement()) {
            migration.setAutoCommit(false);
            statement.execute("LOCK TABLE tempost.attempt IN ACCESS EXCLUSIVE MODE");
            IntStream.range(0, BACKLOG).forEach(i -> tempost.welcome("row" + i + "@example.com"));
            await("a statement that was cancelled because it took too long")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> waiting() > 0);
            await("its cancellation").atMost(Installation.TIMEOUT).until(() -> waiting() == 0);
            migration.rollback();
        }

        tempost.awaitAll(RowStatus.DELIVERED, BACKLOG + 1);

        assertThat(tempost.smtp.received()).isEqualTo(BACKLOG + 1);
        assertThat(output)
                .contains("Polling pauses for ", "Connection is not available", "postgresql does not answer")
                .contains("postgresql is back");
    }

    @Test
    void aRowWhoseStatementsFailDoesNotPunishTheOthersOfItsBatch() {
        tempost.migrated();
        tempost.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN RAISE EXCEPTION 'not this one'; END $$");
        long before = tempost.welcome("before@example.com");
        long bad = tempost.welcome("ada@example.com");
        long after = tempost.welcome("after@example.com");
        tempost.execute("CREATE TRIGGER refuse BEFORE INSERT ON tempost.attempt FOR EACH ROW"
                + " WHEN (NEW.outbox_id = " + bad + ") EXECUTE FUNCTION refuse()");

        tempost.start();

        tempost.awaitStatus(before, RowStatus.DELIVERED);
        tempost.awaitStatus(after, RowStatus.DELIVERED);
        assertThat(tempost.row(bad).status()).isEqualTo(RowStatus.DISPATCHED);
        tempost.execute("DROP TRIGGER refuse ON tempost.attempt");
        tempost.awaitStatus(bad, RowStatus.DELIVERED);
        assertThat(tempost.smtp.received()).isEqualTo(3);
    }

    @Test
    void aRowThatSomebodyHoldsDelaysNoneOfItsBatch() throws SQLException {
        tempost.migrated();
        long before = tempost.welcome("before@example.com");
        long held = tempost.welcome("ada@example.com");
        long after = tempost.welcome("after@example.com");
        try (Connection holder = tempost.connection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.outbox WHERE id = " + held + " FOR UPDATE");
            tempost.start();
            tempost.awaitStatus(before, RowStatus.DELIVERED);
            tempost.awaitStatus(after, RowStatus.DELIVERED);
            holder.rollback();
        }

        tempost.awaitStatus(held, RowStatus.DELIVERED);

        assertThat(tempost.smtp.received()).isEqualTo(3);
    }

    /** Statements of the engine that wait for a lock. */
    private long waiting() {
        return tempost.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND application_name = 'tempost' AND wait_event_type = 'Lock'");
    }

    /** Leaves a second process to find what the first one did. */
    private long killedAfterTheAcceptance(String onAmbiguous) throws Exception {
        tempost.with("tempost.delivery.attempt-deadline", "8s")
                .with("tempost.starter.lease", "4s")
                .with("tempost.delivery.on-ambiguous", onAmbiguous)
                .migrated();
        tempost.execute("CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$");
        tempost.execute("CREATE TRIGGER never BEFORE UPDATE ON tempost.outbox FOR EACH ROW"
                + " WHEN (NEW.status = 'delivered') EXECUTE FUNCTION never()");
        Process victim = tempost.serve();
        long id = tempost.welcome("ada@example.com");
        await("the acceptance that is not recorded yet")
                .atMost(Installation.TIMEOUT.multipliedBy(3))
                .until(() -> tempost.smtp.received() == 1
                        && tempost.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") > 0);
        victim.destroyForcibly().waitFor();
        tempost.number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND application_name = 'tempost'");
        tempost.execute("DROP TRIGGER never ON tempost.outbox");
        tempost.start();
        return id;
    }

    private void awaitDown(String errorType) {
        await("the provider to be down")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(providers().down())
                        .extracting(ProviderHealth.Down::errorType)
                        .containsExactly(errorType));
    }

    /** Probes that failed: by the second, every poller has heard that the provider is down. */
    private void awaitProbes(int count) {
        await(count + " probes")
                .atMost(Installation.TIMEOUT)
                .until(() -> providers().down().getFirst().probes() >= count);
    }

    private ProviderHealth providers() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(tempost.jdbcUrl);
        dataSource.setUser("postgres");
        return new ProviderHealth(dataSource);
    }

    private long attempts() {
        return tempost.number("SELECT count(*) FROM tempost.attempt");
    }

    private String run(long id) {
        return tempost.describe(id).getWorkflowExecutionInfo().getExecution().getRunId();
    }
}
