package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Message;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.channels.webhook.testing.Receiver;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.rows.RowStatus;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryRequest;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A word that no history, listing, log or metric may contain, in every place where personal data is. */
class PrivacyTest {

    private static final String CANARY = "xyzzycanary";
    private static final int FAILING = 7;

    private final Installation tempost = new Installation();

    private final Receiver receiver = Receiver.listening();

    @AfterEach
    void stop() {
        tempost.close();
        receiver.close();
    }

    @Test
    void personalDataStaysInPostgresql() throws Exception {
        int port = Ports.any();
        tempost.template("welcome", "Dear [(${name})]", "Hi [(${name})]", "<p>[[${name}]]</p>");
        tempost.template("broken", "Dear [(${name})]", "Hi [(${name.nothing.there})]", "<p>[[${missing}]]</p>");
        tempost.with("server.port", port).with("logging.level.dev.tempost", "debug");
        tempost.with("tempost.webhooks.crm.url", receiver.url("/"))
                .with("tempost.webhooks.crm.recipients", receiver.url("/"))
                .with("tempost.webhooks.crm.allow-private", true)
                .with("tempost.event-types.hook.provider", "crm");
        receiver.always(Receiver.status(
                422, "{\"error\": \"" + CANARY + "\", \"to\": \"" + address("hook") + "\"}", "X-Echo: " + CANARY));
        tempost.migrated().serve();
        await("the process to take deliveries")
                .atMost(Installation.TIMEOUT.multipliedBy(3))
                .until(() -> Files.readString(tempost.serveLog()).contains("takes deliveries"));

        List<Long> rows = new ArrayList<>();
        rows.add(row("delivered", RowStatus.DELIVERED));
        tempost.smtp
                .onRecipient(address("refused"))
                .reply("550 5.1.1 <" + address("refused") + "> no such user " + CANARY + "-refused here");
        rows.add(row("refused", RowStatus.FAILED));
        tempost.smtp
                .onRecipient(address("content"))
                .at(Phase.DATA_END)
                .reply("554 5.7.1 Message \"Dear " + CANARY + "\" to " + address("content") + " looks like spam");
        rows.add(row("content", RowStatus.FAILED));
        tempost.smtp
                .onRecipient(address("later"))
                .reply("451 4.7.1 greylisted, " + address("later").toUpperCase(Locale.ROOT) + ", try later")
                .times(2);
        rows.add(row("later", RowStatus.DELIVERED));
        tempost.smtp.onRecipient(address("lost")).afterDot().acceptThenClose().times(1);
        rows.add(row("lost", RowStatus.DELIVERED));
        rows.add(poison("welcome", CANARY + " not an address"));
        rows.add(poison("broken", address("broken")));
        rows.add(poison("no-such-template", address("unknown")));
        rows.add(poison("hook", receiver.url("/" + CANARY)));
        rows.add(poison("hook", "https://" + CANARY + ".example/"));
        assertThat(receiver.requests())
                .singleElement()
                .satisfies(request -> assertThat(request.body()).contains(CANARY));
        long failed = tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'failed'");
        assertThat(failed).as("rows that failed as they should").isEqualTo(FAILING);

        assertThat(tempost.smtp.messages())
                .anySatisfy(mail -> assertThat(mail.raw()).contains(CANARY));
        for (long id : rows) {
            assertThat(histories(id))
                    .as("history of row %d", id)
                    .contains("delivery:")
                    .doesNotContain(CANARY);
        }
        assertThat(listing()).as("visibility").contains("delivery:").doesNotContain(CANARY);
        assertThat(metrics(port)).as("metrics").contains("tempost_outcomes").doesNotContain(CANARY);
        assertThat(Files.readString(tempost.serveLog()).toLowerCase(Locale.ROOT))
                .as("log")
                .contains("takes deliveries")
                .doesNotContain(CANARY);
        assertThat(tempost.insert("SELECT count(*) FROM tempost.attempt WHERE reply ILIKE '%' || ? || '%'", CANARY))
                .as("replies in the ledger")
                .isZero();
    }

    private static String address(String name) {
        return CANARY + "-" + name + "@example.com";
    }

    private long row(String name, RowStatus ending) {
        long id = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, recipient, payload, headers)"
                        + " VALUES ('welcome', ?, jsonb_build_object('name', ?), jsonb_build_object('x-note', ?))"
                        + " RETURNING id",
                address(name),
                CANARY,
                CANARY);
        tempost.awaitStatus(id, ending);
        return id;
    }

    private long poison(String eventType, String recipient) {
        long id = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, recipient, payload)"
                        + " VALUES (?, ?, jsonb_build_object('name', ?)) RETURNING id",
                eventType,
                recipient,
                CANARY);
        tempost.awaitStatus(id, RowStatus.FAILED);
        return id;
    }

    /** The whole history and description, as text. */
    private String histories(long id) {
        tempost.awaitClosed(id);
        var execution = tempost.describe(id).getWorkflowExecutionInfo().getExecution();
        return text(tempost.stubs
                        .blockingStub()
                        .getWorkflowExecutionHistory(GetWorkflowExecutionHistoryRequest.newBuilder()
                                .setNamespace("default")
                                .setExecution(execution)
                                .build()))
                + text(tempost.stubs
                        .blockingStub()
                        .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                                .setNamespace("default")
                                .setExecution(execution)
                                .build()));
    }

    private String listing() {
        return text(tempost.stubs
                .blockingStub()
                .listWorkflowExecutions(ListWorkflowExecutionsRequest.newBuilder()
                        .setNamespace("default")
                        .setPageSize(1000)
                        .setQuery("TaskQueue = '" + tempost.settings().get("tempost.temporal.task-queue") + "'")
                        .build()));
    }

    /** Text format keeps printable bytes of payloads readable. */
    private static String text(Message message) {
        return message.toString().toLowerCase(Locale.ROOT);
    }

    private static String metrics(int port) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body()
                    .toLowerCase(Locale.ROOT);
        }
    }
}
