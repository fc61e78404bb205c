package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.FailureType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an operator does to a row that waits, over HTTP and with the workflow that waits. */
class SendNowTest {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final Installation tempost = new Installation().migrated().with("tempost.delivery.initial-interval", "1h");
    private final String base =
            "http://127.0.0.1:" + tempost.startWithWeb().getEnvironment().getProperty("local.server.port");
    private final String token =
            Objects.requireNonNull(new Tokens(tempost.dataSource()).create("ada", Tokens.Role.OPERATOR, null, "test"));
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        tempost.close();
        http.close();
    }

    @Test
    void aRowThatWaitsForAnHourIsSentNowAndTheAnswerSaysWhatCameOfIt() throws Exception {
        long id = waiting();

        JsonNode refused = post(id, "send-now", "{}", 200);
        assertThat(refused.at("/attempt/failure_type").asString()).isEqualTo(FailureType.MAILBOX_UNAVAILABLE);
        assertThat(refused.at("/attempt/message").asString()).contains("451");
        assertThat(refused.at("/row/status").asString()).isEqualTo("dispatched");
        assertThat(refused.at("/row/attempts").asInt()).isEqualTo(2);

        tempost.smtp.behave();
        JsonNode sent = post(id, "send-now", "{}", 200);
        assertThat(sent.at("/attempt/outcome").asString()).isEqualTo("delivered");
        assertThat(sent.at("/row/status").asString()).isEqualTo("delivered");
        assertThat(tempost.smtp.received()).isEqualTo(1);

        assertThat(post(id, "send-now", "{}", 409).path("detail").asString()).contains("Row " + id + " is delivered.");
        assertThat(tempost.number("SELECT count(*) FROM tempost.audit WHERE action = 'send_now' AND actor = 'ada'"))
                .isEqualTo(2);
    }

    @Test
    void whatHoldsARowBackHoldsItStillAndIsSaid() throws Exception {
        long id = waiting();
        tempost.smtp.behave();
        tempost.execute("SELECT tempost.pause(event_type => 'welcome', reason => 'wrong link', paused_by => 'ada')");

        assertThat(post(id, "send-now", "{}", 200).at("/attempt/failure_type").asString())
                .isEqualTo(FailureType.PAUSED);
        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DISPATCHED);
        assertThat(tempost.smtp.received()).isZero();
    }

    @Test
    void aRowThatIsPutOffAsksAgainNoSoonerAndIsSentNowAllTheSame() throws Exception {
        long id = waiting();
        tempost.smtp.behave();
        OffsetDateTime later = OffsetDateTime.now(ZoneOffset.UTC).plusDays(1);

        post(id, "snooze", "{\"until\": \"" + later + "\"}", 200);
        assertThat(tempost.temporal(
                        "workflow",
                        "update",
                        "execute",
                        "--workflow-id",
                        tempost.row(id).workflowId(),
                        "--name",
                        "sendNow"))
                .as("by Temporal's own tools, which do not end the wait of the row")
                .contains(FailureType.SNOOZED);
        assertThat(tempost.smtp.received()).isZero();

        assertThat(post(id, "send-now", "{}", 200).at("/attempt/outcome").asString())
                .isEqualTo("delivered");
    }

    @Test
    void aPlannedRowGoesOutWithTheNextClaim() throws Exception {
        long id = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, deliver_after) VALUES"
                + " ('welcome', 'ada@example.com', '{\"name\": \"Ada\"}', now() + interval '1 day') RETURNING id");

        post(id, "send-now", "{}", 200);

        tempost.awaitStatus(id, RowStatus.DELIVERED);
    }

    @Test
    void aTimeThatMeansNothingChangesNothing() throws Exception {
        long id = waiting();

        assertThat(post(id, "snooze", "{}", 400).path("detail").asString()).contains("until is missing");
        assertThat(post(id, "snooze", "{\"until\": \"tomorrow\"}", 400)
                        .path("detail")
                        .asString())
                .contains("until is no time");
        assertThat(tempost.row(id).deliverAfter()).isNull();
    }

    /** A row that a server refused for now, and that waits an hour. */
    private long waiting() {
        tempost.smtp.atPhase(Phase.RCPT).reply("451 4.3.0 busy");
        long id = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload) VALUES"
                + " ('welcome', 'ada@example.com', '{\"name\": \"Ada\"}') RETURNING id");
        await("its durable attempt")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.row(id).attempts() == 1
                        && tempost.describe(id).getPendingActivitiesCount() == 1
                        && tempost.describe(id).getPendingActivities(0).getAttempt() == 2);
        return id;
    }

    private JsonNode post(long id, String action, String body, int status) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create(base + "/ops/outbox/" + id + "/" + action))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }
}
