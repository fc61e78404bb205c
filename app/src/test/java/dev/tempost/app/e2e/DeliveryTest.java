package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.channels.email.testing.ScriptedSmtpServer.Received;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeliveryTest {

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void aCommittedRowIsDeliveredOnce() throws Exception {
        tempost.start();
        await().atMost(Installation.TIMEOUT).until(this::schemaIsThere);

        long id = tempost.welcome("ada@example.com");
        Rows.Row row = tempost.awaitStatus(id, RowStatus.DELIVERED);

        assertThat(row.attempts()).isEqualTo(1);
        assertThat(row.lastError()).isNull();
        List<Received> mails = tempost.smtp.messages();
        assertThat(mails).hasSize(1);
        assertThat(mails.getFirst().to()).containsExactly("ada@example.com");
        MimeMessage mail = mails.getFirst().mime();
        assertThat(mail.getSubject()).isEqualTo("Welcome, Ada");
        assertThat(mail.getMessageID()).isEqualTo("<" + row.key() + "@example.com>");
        MimeMultipart parts = (MimeMultipart) mail.getContent();
        assertThat(parts.getBodyPart(0).getContent().toString()).contains("Hi Ada, good to see you.");
        assertThat(parts.getBodyPart(1).getContent().toString()).contains("<b>Ada</b>");
        assertThat(tempost.rows.attempts(id)).singleElement().satisfies(attempt -> {
            assertThat(attempt.phase()).isEqualTo("accepted");
            assertThat(attempt.reply()).startsWith("250");
        });
    }

    @Test
    void aFirstTryDeliveryCostsAtMostSevenEventsAndNoRegularActivity() {
        tempost.migrated().start();
        long id = tempost.welcome("ada@example.com");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);

        List<HistoryEvent> history = tempost.history(id);

        assertThat(history).hasSizeLessThanOrEqualTo(7);
        assertThat(history)
                .extracting(HistoryEvent::getEventType)
                .contains(EventType.EVENT_TYPE_MARKER_RECORDED)
                .doesNotContain(
                        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                        EventType.EVENT_TYPE_TIMER_STARTED,
                        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES);
    }

    @Test
    void aDeliveryIsFoundByTenantEventTypeAndJob() {
        tempost.migrated().start();
        long id = tempost.insert("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, job_id) VALUES"
                + " ('club-7', 'welcome', 'ada@example.com', '{\"name\": \"Ada\"}', 'job-42') RETURNING id");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        String workflowId = tempost.row(id).workflowId();

        for (String query : List.of(
                "TempostTenant = 'club-7'",
                "TempostJob = 'job-42'",
                "TempostTenant = 'club-7' AND TempostEventType = 'welcome' AND WorkflowType = 'Delivery'")) {
            await(query)
                    .atMost(Installation.TIMEOUT)
                    .untilAsserted(
                            () -> assertThat(tempost.temporal("workflow", "list", "--query", query, "--output", "json"))
                                    .contains(workflowId));
        }
    }

    @Test
    void aRowThatIsRolledBackIsNeverSent() throws Exception {
        tempost.migrated().start();
        try (Connection connection = tempost.connection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT tempost.enqueue('welcome', 'ghost@example.com', '{\"name\": \"Ghost\"}')");
            connection.rollback();
        }
        long after = tempost.welcome("ada@example.com");
        tempost.awaitStatus(after, RowStatus.DELIVERED);

        assertThat(tempost.smtp.messages())
                .singleElement()
                .satisfies(mail -> assertThat(mail.to()).containsExactly("ada@example.com"));
    }

    @Test
    void aRowThatWaitsForItsTimeIsDeliveredThen() {
        tempost.migrated().start();
        long later = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, deliver_after) VALUES"
                + " ('welcome', 'later@example.com', '{\"name\": \"L\"}', now() + interval '1 hour') RETURNING id");
        long now = tempost.welcome("now@example.com");
        tempost.awaitStatus(now, RowStatus.DELIVERED);
        assertThat(tempost.row(later).status()).isEqualTo(RowStatus.PENDING);

        tempost.execute("UPDATE tempost.outbox SET deliver_after = now() WHERE id = ?", later);

        tempost.awaitStatus(later, RowStatus.DELIVERED);
    }

    @Test
    void anUrgentRowIsDeliveredWhileEveryPlaceIsTaken() {
        tempost.smtp.onRecipient("slow@example.com").hang().times(40);
        tempost.with("tempost.worker.grace", "1s").migrated().start();
        for (int i = 0; i < 40; i++) {
            tempost.welcome("slow@example.com");
        }
        await("all places but the one for urgent rows to be taken")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.number("SELECT count(*) FROM tempost.attempt") == 15);
        long waits = tempost.welcome("waits@example.com");

        long urgent = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, priority) VALUES"
                + " ('welcome', 'urgent@example.com', '{\"name\": \"Ada\"}', 1) RETURNING id");

        tempost.awaitStatus(urgent, RowStatus.DELIVERED);
        assertThat(tempost.row(waits).status()).isEqualTo(RowStatus.PENDING);
    }

    @Test
    void withoutNotificationsPollingFindsTheRow() {
        tempost.migrated();
        tempost.execute("ALTER TABLE tempost.outbox DISABLE TRIGGER outbox_wake");
        tempost.start();

        tempost.awaitStatus(tempost.welcome("ada@example.com"), RowStatus.DELIVERED);
    }

    private boolean schemaIsThere() {
        try {
            return tempost.number("SELECT count(*) FROM tempost.outbox") == 0;
        } catch (IllegalStateException notYet) {
            return false;
        }
    }
}
