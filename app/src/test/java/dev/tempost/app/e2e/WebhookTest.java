package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.standardwebhooks.Webhook;
import dev.tempost.app.doctor.Doctor;
import dev.tempost.app.engine.Dependency;
import dev.tempost.app.engine.DependencyHealth;
import dev.tempost.app.ops.Operations;
import dev.tempost.channels.webhook.testing.Receiver;
import dev.tempost.channels.webhook.testing.Receiver.Request;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** Rows that go out as webhooks, on the real servers. */
class WebhookTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private final Receiver receiver = Receiver.listening();
    private final Installation tempost = new Installation()
            .with("tempost.webhooks.crm.url", receiver.url("/hook"))
            .with("tempost.webhooks.crm.secrets", SECRET)
            .with("tempost.webhooks.crm.allow-private", true)
            .with("tempost.event-types.signed.provider", "crm");

    @AfterEach
    void stop() {
        tempost.close();
        receiver.close();
    }

    private long signed(int contract) {
        return tempost.insert(
                "INSERT INTO tempost.outbox (event_type, payload) VALUES ('signed', jsonb_build_object('contract', ?))"
                        + " RETURNING id",
                contract);
    }

    private List<String> phases(long id) {
        return tempost.rows.attempts(id).stream().map(Rows.Attempt::phase).toList();
    }

    @Test
    void aRowArrivesSignedUnderItsKey() throws Exception {
        ConfigurableApplicationContext context = tempost.migrated().start();
        long id = signed(17);

        Rows.Row row = tempost.awaitStatus(id, RowStatus.DELIVERED);

        assertThat(receiver.requests()).hasSize(1);
        Request request = receiver.requests().getFirst();
        assertThat(request.target()).isEqualTo("/hook");
        assertThat(request.body()).isEqualTo("{\"contract\": 17}");
        assertThat(request.header("webhook-id")).isEqualTo(row.key().toString());
        assertThat(request.header("idempotency-key")).isEqualTo(row.key().toString());
        new Webhook(SECRET)
                .verify(
                        request.body(),
                        Map.of(
                                "webhook-id", List.of(request.header("webhook-id")),
                                "webhook-timestamp", List.of(request.header("webhook-timestamp")),
                                "webhook-signature", List.of(request.header("webhook-signature"))));
        assertThat(row.provider()).isEqualTo("crm");
        assertThat(tempost.smtp.received()).isZero();
        List<String> doctor = new ArrayList<>();
        new Doctor(context, finding -> doctor.add(finding.text())).examine();
        assertThat(doctor)
                .anyMatch(line -> line.contains("webhook crm") && line.contains("would take messages"))
                .anyMatch(line -> line.contains("webhook crm: what is said to 127.0.0.1 does not leave this machine"));
        assertThat(receiver.requests()).as("a probe sends no request").hasSize(1);
    }

    @Test
    void aReceiverThatIsBusyGetsTheRowAgainUnderTheSameId() {
        receiver.once(Receiver.status(503, "")).once(Receiver.status(503, "maintenance"));
        tempost.migrated().start();
        long id = signed(1);

        assertThat(tempost.awaitStatus(id, RowStatus.DELIVERED).attempts()).isEqualTo(3);

        assertThat(phases(id)).containsExactly("transient", "transient", "accepted");
        assertThat(receiver.requests())
                .hasSize(3)
                .extracting(request -> request.header("webhook-id"))
                .containsOnly(tempost.row(id).key().toString());
    }

    @Test
    void aRequestWhoseAnswerIsLostIsAmbiguousAndSentAgainUnderTheSameId() {
        receiver.once(Receiver.hangUp());
        tempost.migrated().start();
        long id = signed(1);

        assertThat(tempost.awaitStatus(id, RowStatus.DELIVERED).attempts()).isEqualTo(2);

        assertThat(phases(id)).containsExactly("ambiguous", "accepted");
        assertThat(receiver.requests())
                .hasSize(2)
                .extracting(request -> request.header("webhook-id"))
                .containsOnly(tempost.row(id).key().toString());
    }

    @Test
    void aRefusalFailsTheRowAndNamesItsReason() {
        receiver.always(Receiver.status(410, "this endpoint moved to https://elsewhere.example/"));
        tempost.migrated().start();

        Rows.Row row = tempost.awaitStatus(signed(1), RowStatus.FAILED);

        assertThat(row.lastErrorType()).isEqualTo(FailureType.MESSAGE_REJECTED);
        assertThat(row.lastError()).startsWith("410 Gone").doesNotContain("elsewhere");
        assertThat(row.attempts()).isEqualTo(1);
    }

    @Test
    void aRowGoesWhereItsRecipientSaysWhereThatIsAllowed() {
        tempost.with("tempost.webhooks.crm.recipients", receiver.url("/customers"))
                .migrated();
        tempost.start();
        String insert = "INSERT INTO tempost.outbox (event_type, recipient) VALUES ('signed', ?) RETURNING id";
        long allowed = tempost.insert(insert, receiver.url("/customers/7"));
        long elsewhere = tempost.insert(insert, "https://evil.example/");

        tempost.awaitStatus(allowed, RowStatus.DELIVERED);
        Rows.Row failed = tempost.awaitStatus(elsewhere, RowStatus.FAILED);

        assertThat(receiver.requests()).extracting(Request::target).containsExactly("/customers/7");
        assertThat(failed.lastErrorType()).isEqualTo(FailureType.RECIPIENT_INVALID);
        assertThat(failed.lastError())
                .contains("tempost.webhooks.crm.recipients")
                .doesNotContain("evil");
    }

    @Test
    void rowsThatWaitForMailGoToAWebhookOnceTheirEventTypeDoes() {
        tempost.smtp.stop();
        tempost.migrated().start();
        long waiting = tempost.welcome("ada@example.com");
        await("an attempt by mail")
                .atMost(Installation.TIMEOUT)
                .until(() -> !phases(waiting).isEmpty());
        tempost.stopAll();

        tempost.with("tempost.event-types.welcome.provider", "crm").start();

        assertThat(tempost.awaitStatus(waiting, RowStatus.DELIVERED).provider()).isEqualTo("crm");
        assertThat(receiver.requests())
                .singleElement()
                .extracting(Request::body)
                .isEqualTo("{\"name\": \"Ada\"}");
        assertThat(tempost.smtp.received()).isZero();
    }

    @Test
    void rowsShareAWorkflowInBulk() {
        tempost.with("tempost.event-types.signed.lane", "bulk").migrated();
        tempost.execute("INSERT INTO tempost.outbox (event_type, payload)"
                + " SELECT 'signed', jsonb_build_object('contract', n) FROM generate_series(1, 60) n");
        tempost.start();

        tempost.awaitAll(RowStatus.DELIVERED, 60);

        assertThat(receiver.requests().stream().map(Request::body).distinct()).hasSize(60);
        assertThat(receiver.requests()).hasSize(60);
        assertThat(tempost.number("SELECT count(DISTINCT workflow_id) FROM tempost.outbox"))
                .isEqualTo(1);
    }

    @Test
    void operatorsSeeItsPayloadAndNoMail() {
        receiver.always(Receiver.status(422, ""));
        Operations operations = tempost.migrated().startWithWeb().getBean(Operations.class);
        long id = signed(17);
        tempost.awaitStatus(id, RowStatus.FAILED);

        assertThat(operations.content(id, "ada").payload()).contains("17");
        assertThat(operations.unrenderable(id, operations.content(id, "ada"))).isNull();
        assertThatThrownBy(() -> operations.message(id, "ada")).hasMessageContaining("is no mail");
    }

    @Test
    void aRateLimitHasAQueueOfItsOwn() {
        tempost.with("tempost.webhooks.crm.rate-limit", 20).migrated().start();
        long id = signed(1);

        tempost.awaitStatus(id, RowStatus.DELIVERED);

        assertThat(tempost.history(id))
                .anyMatch(event -> event.getActivityTaskScheduledEventAttributes()
                        .getTaskQueue()
                        .getName()
                        .endsWith("-provider-crm"));
    }

    @Test
    void aReceiverThatIsAwayBurnsNoAttemptsAndGetsItsRowsWhenItIsBack() {
        receiver.close();
        ConfigurableApplicationContext context = tempost.migrated().start();
        for (int contract = 0; contract < 10; contract++) {
            signed(contract);
        }
        ProviderHealth providers = new ProviderHealth(tempost.dataSource());
        await("the receiver to be found away")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(providers.down())
                        .extracting(ProviderHealth.Down::provider)
                        .contains("crm"));
        awaitPart(context, false);

        try (Receiver back = Receiver.listeningAt(receiver.port())) {
            tempost.awaitAll(RowStatus.DELIVERED, 10);
            awaitPart(context, true);
            assertThat(back.requests()).hasSize(10);
        }
        assertThat(tempost.number("SELECT max(attempts) FROM tempost.outbox")).isEqualTo(1);
    }

    private static void awaitPart(ConfigurableApplicationContext context, boolean up) {
        await("the receiver to be " + up)
                .atMost(Installation.TIMEOUT)
                .until(() -> context.getBean(DependencyHealth.class).up(Dependency.WEBHOOK) == up);
    }
}
