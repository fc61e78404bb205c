package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.OneAtATime;
import dev.tempost.app.doctor.Doctor;
import dev.tempost.app.doctor.Finding;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.outbox.rows.RowStatus;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.PendingActivityState;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflow.v1.PendingActivityInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** Rate limits, measured where they matter: at the mail server. */
@OneAtATime
class PacingTest {

    private static final int RATE = 14;
    private static final double MOST = 1.15;
    // 0 for a cold start
    private static final int WARM_UP = Integer.getInteger("tempost.pacing.warm-up", 3 * RATE);
    // -Dtempost.pacing.seconds=120 for the long one
    private static final int SECONDS = Integer.getInteger("tempost.pacing.seconds", 20);

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void threeReplicasTogetherKeepTheRateOfAProvider() {
        tempost.with("tempost.providers.default.rate-limit", RATE).migrated();
        tempost.start();
        tempost.start();
        tempost.start();
        // the first sends of a cold process take a second or two: what was handed out in turn arrives at once
        insert("welcome", WARM_UP);
        tempost.awaitAll(RowStatus.DELIVERED, WARM_UP);
        int rows = RATE * SECONDS;

        insert("welcome", rows);
        await(rows + " rate-limited mails")
                .atMost(Duration.ofSeconds(2L * SECONDS).plus(Installation.TIMEOUT))
                .until(() -> tempost.smtp.received() == WARM_UP + rows);
        tempost.awaitAll(RowStatus.DELIVERED, WARM_UP + rows);

        Pace pace = Pace.of(tempost.smtp.messages().stream().skip(WARM_UP).toList());
        System.out.println("Paced at " + RATE + " a second: " + pace);
        assertThat(pace.worst()).as("%s", pace).isLessThanOrEqualTo((int) (MOST * RATE * Pace.WINDOW.toSeconds()));
        assertThat(pace.perSecond()).as("the limit is used: %s", pace).isGreaterThan(RATE / 2.0);
        assertThat(tempost.number("SELECT count(*) FROM tempost.attempt"))
                .as("attempts")
                .isEqualTo(WARM_UP + rows);
    }

    @Test
    void aRowOfAnotherProviderDoesNotWaitForTheOnesThatAreRateLimited() {
        try (ScriptedSmtpServer other = ScriptedSmtpServer.listening()) {
            tempost.template("receipt", "Receipt", "Thank you.", "<p>Thank you.</p>");
            tempost.with("tempost.providers.slow.host", "127.0.0.1")
                    .with("tempost.providers.slow.port", other.port())
                    .with("tempost.providers.slow.from", "Slow <slow@example.com>")
                    .with("tempost.providers.slow.rate-limit", "0.2")
                    .with("tempost.event-types.receipt.provider", "slow")
                    .with("tempost.starter.lease", "2s")
                    .migrated();
            insert("receipt", 8);
            tempost.start();
            await("the first rate-limited mail").atMost(Installation.TIMEOUT).until(() -> other.received() > 0);

            long quick = tempost.welcome("ada@example.com");
            tempost.awaitStatus(quick, RowStatus.DELIVERED);

            assertThat(other.received()).as("rate-limited mails meanwhile").isLessThan(8);
            assertThat(sentFrom(quick)).as("task queues of its activities").isEmpty();
            await("leases that ran out in Temporal's queue to be taken up again")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> tempost.number("SELECT count(*) FROM tempost.outbox WHERE lease_until > now()"
                                    + " AND dispatched_at < now() - interval '3 s'")
                            > 0);
            assertThat(tempost.number("SELECT count(*) FROM tempost.attempt WHERE attempt > 1"))
                    .as("second attempts")
                    .isZero();
        }
    }

    @Test
    void temporalsOwnCommandChangesARateAtOnceAndForReplicasThatStartLater() {
        tempost.with("tempost.providers.default.rate-limit", "1").migrated();
        ConfigurableApplicationContext replica = tempost.start();
        insert("welcome", 60);
        await("the first mail").atMost(Installation.TIMEOUT).until(() -> tempost.smtp.received() > 0);

        limit("50");
        long from = System.nanoTime();
        tempost.awaitAll(RowStatus.DELIVERED, 60);
        assertThat(secondsSince(from))
                .as("seconds for a minute's worth of mail")
                .isLessThan(30);

        assertThat(rateLimits(replica))
                .singleElement()
                .asString()
                .contains(
                        "warn",
                        rateLimitedQueue() + ": 50.0 a second, set in Temporal (a test) over the configured 1.0");

        tempost.stopAll();
        ConfigurableApplicationContext successor = tempost.start();
        insert("welcome", 60);
        from = System.nanoTime();
        tempost.awaitAll(RowStatus.DELIVERED, 120);
        assertThat(secondsSince(from))
                .as("seconds for a minute's worth of mail after a restart")
                .isLessThan(30);

        limit("0");
        long held = tempost.welcome("held@example.com");
        await("a delivery that waits in its task queue")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.row(held).status() == RowStatus.DISPATCHED
                        && tempost.describe(held).getPendingActivitiesList().stream()
                                .map(PendingActivityInfo::getState)
                                .anyMatch(PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED::equals));
        await("nothing to be sent at a limit of 0")
                .during(Duration.ofSeconds(2))
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.smtp.received() == 120);

        limit("default");
        tempost.awaitStatus(held, RowStatus.DELIVERED);
        assertThat(sentFrom(held)).containsExactly(rateLimitedQueue());
        assertThat(rateLimits(successor))
                .singleElement()
                .asString()
                .contains("ok", rateLimitedQueue() + ": 1.0 a second");
    }

    private void limit(String perSecond) {
        tempost.temporal(
                "task-queue",
                "config",
                "set",
                "--task-queue",
                rateLimitedQueue(),
                "--task-queue-type",
                "activity",
                "--queue-rps-limit",
                perSecond,
                "--queue-rps-limit-reason",
                "a test");
    }

    private static List<String> rateLimits(ConfigurableApplicationContext replica) {
        List<Finding> findings = new ArrayList<>();
        new Doctor(replica, findings::add).examine();
        return findings.stream()
                .filter(finding -> finding.subject().equals("rate limit"))
                .map(Finding::text)
                .toList();
    }

    private String rateLimitedQueue() {
        return tempost.settings().get("tempost.temporal.task-queue") + "-provider-default";
    }

    private List<String> sentFrom(long id) {
        return tempost.history(id).stream()
                .filter(event -> event.getEventType() == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
                .map(HistoryEvent::getActivityTaskScheduledEventAttributes)
                .map(scheduled -> scheduled.getTaskQueue().getName())
                .toList();
    }

    private static long secondsSince(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos).toSeconds();
    }

    private void insert(String eventType, int count) {
        tempost.execute(
                "INSERT INTO tempost.outbox (event_type, recipient, payload)"
                        + " SELECT ?, 'r' || n || '@example.com', '{\"name\": \"Ada\"}' FROM generate_series(1, ?) n",
                eventType,
                count);
    }
}
