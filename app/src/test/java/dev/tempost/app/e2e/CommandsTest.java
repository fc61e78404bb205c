package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.TempostProcess;
import dev.tempost.outbox.rows.RowStatus;
import io.temporal.client.schedules.ScheduleException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandsTest {

    private final Installation tempost = new Installation().migrated();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void drainDeliversWhatIsDueOfOneTenantAndExits() throws Exception {
        long due = insert("club", "0");
        long later = insert("club", "1 hour");
        long other = insert("another", "0");

        Said drain = run("drain", "--tenant", "club");

        assertThat(drain.exit()).as(drain.text()).isZero();
        assertThat(drain.text()).contains("Drained: ").contains("1 delivered").contains("1 pending");
        assertThat(tempost.row(due).status()).isEqualTo(RowStatus.DELIVERED);
        assertThat(tempost.row(later).status()).isEqualTo(RowStatus.PENDING);
        assertThat(tempost.row(other).status()).isEqualTo(RowStatus.PENDING);
    }

    @Test
    void drainThatCannotReachAPartSaysWhichAndFails() throws Exception {
        insert("club", "0");
        tempost.with("spring.temporal.connection.target", "127.0.0.1:1");

        Said drain = run("drain", "--timeout", "3s");

        assertThat(drain.exit()).isEqualTo(3);
        assertThat(drain.text()).contains("Not drained after 3 s").contains("temporal: ");
    }

    @Test
    void operatorsSeeAFailedRowAndRetryIt() throws Exception {
        tempost.smtp.onRecipient("ada@example.com").reply("550 5.1.1 unknown").times(1);
        long id = insert("club", "0");
        run("drain");

        assertThat(run("failed").text()).contains(id + " ").contains("MailboxUnknown: 550");
        JsonNode failed = json("failed").path("failed").path(0);
        assertThat(failed.path("id").asLong()).isEqualTo(id);
        assertThat(failed.path("last_error_type").asString()).isEqualTo("MailboxUnknown");
        assertThat(Instant.parse(failed.path("finished_at").asString())).isBefore(Instant.now());
        assertThat(run("show", Long.toString(id)).text()).contains("rejected").contains("delivery:club:" + id);
        JsonNode shown = json("show", Long.toString(id));
        assertThat(shown.path("ledger").path(0).path("phase").asString()).isEqualTo("rejected");
        assertThat(shown.path("workflow_id").asString()).startsWith("delivery:club:" + id);
        assertThat(run("status").text()).contains("failed").contains("club");
        JsonNode open = json("status").path("open").path(0);
        assertThat(open.path("tenant").asString()).isEqualTo("club");
        assertThat(open.path("rows").asInt()).isEqualTo(1);
        assertThat(open.path("paused").asInt()).isZero();
        assertThat(json("shards").path("shards").isEmpty()).isTrue();
        Said retry = run("retry", Long.toString(id));
        assertThat(retry.exit()).as(retry.text()).isZero();
        run("drain");

        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DELIVERED);
        Said again = run("retry", Long.toString(id));
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.text()).contains("is not failed, it is delivered");
    }

    @Test
    void whatGoesOnIsOnOneScreen() throws Exception {
        tempost.smtp.onRecipient("ada@example.com").reply("550 5.1.1 unknown").times(1);
        insert("club", "0");
        run("drain");
        insert("another", "0");
        tempost.execute("INSERT INTO tempost.provider (name, down_since, probe_at, error_type, error)"
                + " VALUES ('relay', now(), now() + interval '1 minute', 'CredentialsRejected', '535')");
        tempost.execute("SELECT tempost.pause('unpaid', tenant => 'another', paused_by => 'ada')");

        Said top = run("top", "--once");

        assertThat(top.exit()).as(top.text()).isZero();
        assertThat(top.text())
                .contains("in the last 1 min 0 s: 1 failed; 0.0 a second")
                .containsPattern("another +welcome +pending +1 +1 +-")
                .contains("provider relay is down since ", "CredentialsRejected: 535")
                .contains("paused: tenant another, by ada since ", ": unpaid")
                .containsPattern("dead letters\\R +1 +MailboxUnknown +welcome +# #\\.#\\.# unknown")
                .doesNotContain("ada@example.com", "\033[");
        assertThat(run("top", "--once", "--tenant", "another").text()).doesNotContain("dead letters");
    }

    @Test
    void whoeverWatchesSeesTheEndOfAnOutage() throws Exception {
        String database = URI.create(tempost.jdbcUrl.substring("jdbc:".length()))
                .getPath()
                .substring(1);
        Process watching = TempostProcess.of(tempost.settings(), "top").start();
        try (BufferedReader shown = watching.inputReader(StandardCharsets.UTF_8)) {
            awaitLine(shown, "in the last 1 min 0 s: nothing ended");

            tempost.execute("REVOKE CONNECT ON DATABASE " + database + " FROM PUBLIC");
            awaitLine(shown, "permission denied for database");

            tempost.execute("GRANT CONNECT ON DATABASE " + database + " TO PUBLIC");
            awaitLine(shown, "nothing ended");
        } finally {
            watching.destroy();
        }
    }

    private static void awaitLine(BufferedReader shown, String with) throws IOException {
        String line;
        do {
            line = shown.readLine();
            assertThat(line).as("until it says " + with).isNotNull();
        } while (!String.valueOf(line).contains(with));
    }

    @Test
    void whatIsKnownOfSomebodyIsErased() throws Exception {
        long id = insert("club", "0");
        run("drain");

        Said erased = run("erase", "--recipient", "ADA@example.com");

        assertThat(erased.exit()).as(erased.text()).isZero();
        assertThat(erased.text()).contains("1 rows removed, with their attempts");
        assertThat(tempost.rows.find(id)).isNull();
        assertThat(run("erase").exit()).as("of nobody").isEqualTo(2);
    }

    @Test
    void whatTheOutboxRefusesIsOneSentence() throws Exception {
        long id = insert("club", "0");
        tempost.execute(
                "UPDATE tempost.outbox SET status = 'failed', finished_at = now(), scrubbed_at = '2026-11-01' WHERE id = ?",
                id);

        Said retry = run("retry", Long.toString(id));

        assertThat(retry.exit()).as(retry.text()).isEqualTo(1);
        assertThat(retry.text())
                .contains("row " + id + " cannot be sent again, its content was removed on 2026-11-01")
                .contains("Dismiss it")
                .doesNotContain("\tat ");
    }

    @Test
    void failedRowsThatMatchAreRetriedByOneCommand() throws Exception {
        tempost.smtp.onRecipient("ada@example.com").reply("550 5.1.1 unknown").times(2);
        long one = insert("club", "0");
        long other = insert("another", "0");
        run("drain");
        assertThat(run("bulk", "retry", "--tenant", "club").exit())
                .as("without a reason")
                .isEqualTo(2);
        assertThat(run("bulk", "retry", "--tenant", "club", "--dry-run").text())
                .contains("1 rows match", "[" + one + "]");
        tempost.start();

        Said bulk =
                run("bulk", "retry", "--failure-type", "MailboxUnknown", "--tenant", "club", "--reason", "exists now");

        assertThat(bulk.exit()).as(bulk.text()).isZero();
        assertThat(bulk.text()).contains("1 done, 0 left alone");
        tempost.awaitStatus(one, RowStatus.DELIVERED);
        assertThat(tempost.row(other).status()).isEqualTo(RowStatus.FAILED);
    }

    @Test
    void tokensAreMadeListedAndRevoked() throws Exception {
        Said made = run("token", "create", "ada", "--role", "operator", "--expires-in", "12h");
        assertThat(made.exit()).as(made.text()).isZero();
        assertThat(made.text()).startsWith("tempost_");
        assertThat(run("token", "create", "ada", "--role", "admin").text()).contains("There is a token named 'ada'");
        assertThat(run("token", "create", "eve", "--role", "admin", "--expires-in", "soon")
                        .exit())
                .isEqualTo(2);
        assertThat(run("token", "list").text()).contains("ada", "operator", "never used", "expires ");
        assertThat(run("token", "revoke", "ada").exit()).isZero();
        assertThat(run("token", "revoke", "ada").exit()).isEqualTo(1);
    }

    @Test
    void whoeverDeliversCannotMigrateAndTheScriptOfTheRolesIsPrinted() throws Exception {
        assertThat(run("migrate", "--roles").text()).contains("CREATE ROLE tempost_%s NOLOGIN", "tempost_reader");
        assertThat(run("migrate").text()).contains("The schema is current");
        tempost.execute("DROP TABLE tempost.backfill");
        tempost.execute("DELETE FROM tempost.flyway_schema_history WHERE version::int >= 9");

        Said migrate = run("migrate");

        assertThat(migrate.exit()).isNotZero();
        assertThat(migrate.text()).contains("permission denied").doesNotContain("\tat ");
    }

    @Test
    void aNamespaceThatDoesNotExistEndsTheStartAndIsNamed() throws Exception {
        insert("club", "0");
        tempost.with("spring.temporal.namespace", "nowhere");

        for (String command : new String[] {"serve", "drain"}) {
            Said said = run(command);
            assertThat(said.exit()).as(said.text()).isEqualTo(2);
            assertThat(said.text())
                    .contains("Temporal does not have the namespace", "nowhere", "SPRING_TEMPORAL_NAMESPACE")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void theDoctorFindsNothingWrongWithAHealthyInstallation() throws Exception {
        tempost.with("tempost.reconciliation.interval", "1s").start();
        tempost.trigger("retain");
        await("both schedules to have run")
                .atMost(Installation.TIMEOUT)
                .ignoreExceptionsInstanceOf(ScheduleException.class)
                .until(() -> tempost.schedules().wanted().stream()
                        .noneMatch(schedule -> tempost.schedules()
                                .handle(schedule)
                                .describe()
                                .getInfo()
                                .getRecentActions()
                                .isEmpty()));

        Said doctor = run("doctor");

        assertThat(doctor.exit()).as(doctor.text()).isZero();
        assertThat(doctor.text())
                .contains("ok       postgresql", "ok       schema", "ok       temporal", "ok       search attributes")
                .contains(
                        "-reconcile ran", "-retain ran", "ok       smtp default", "ok       wake-up", "ok       clocks")
                .contains("ok       transactions")
                .contains(
                        "ok       templates", "ok       wedged", "ok       rows, workflows", "0 problems, 0 warnings");
    }

    @Test
    void theDoctorSaysWhatIsWrongAndWhatToDo() throws Exception {
        tempost.execute("INSERT INTO tempost.outbox (event_type, status, dispatched_at) VALUES"
                + " ('welcome', 'dispatched', now() - interval '1 hour')");
        tempost.execute("INSERT INTO tempost.outbox (event_type, created_at) VALUES"
                + " ('no_such_type', now() - interval '2 hours')");
        tempost.execute("INSERT INTO tempost.outbox (event_type, status, last_error_type) VALUES"
                + " ('welcome', 'failed', 'AmbiguousOutcome')");
        tempost.execute("INSERT INTO tempost.outbox (tenant, event_type) VALUES ('acme', 'welcome')");
        tempost.execute("INSERT INTO tempost.pause (tenant, reason, paused_by, paused_at) VALUES"
                + " ('acme', 'unpaid', 'ada', now() - interval '5 hours')");
        tempost.smtp.stop();

        Said doctor = run("doctor");

        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.text())
                .contains("problem  schedule           ", "-reconcile is missing")
                .contains("problem  smtp default")
                .contains("none in ", " for no_such_type")
                .contains("problem  pending            the oldest has been due for 2 h 0 min")
                .contains("warn     failed             1 rows wait for a decision")
                .contains("warn     ambiguous          1 open rows")
                .contains(
                        "problem  wedged             should have been tried again ten minutes ago: 1 welcome of default")
                .contains("ok       paused             1 rows, by 1 switches")
                .contains("warn     paused             tenant acme since ")
                .contains("row 1 waits for its workflow, which is gone; it will become pending")
                .contains("-> ");
        assertThat(tempost.row(1).status()).as("nothing is repaired").isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    void theDoctorNamesThePartThatIsDownAndTheSettingThatIsWrong() throws Exception {
        tempost.with("spring.temporal.connection.target", "127.0.0.1:1")
                .with("spring.datasource.url", "jdbc:postgresql://127.0.0.1:1/postgres");
        Said down = run("doctor");
        assertThat(down.exit()).isEqualTo(3);
        assertThat(down.text())
                .contains("problem  postgresql", "problem  temporal", "SPRING_TEMPORAL_CONNECTION_TARGET");

        tempost.with("tempost.starter.capacity", 0);
        Said wrong = run("doctor");
        assertThat(wrong.exit()).isEqualTo(2);
        assertThat(wrong.text()).contains("problem  configuration").contains("capacity");
    }

    private long insert(String tenant, String delay) {
        return tempost.insert(
                "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, deliver_after) VALUES"
                        + " (?, 'welcome', 'ada@example.com', '{\"name\": \"Ada\"}', now() + ?::interval) RETURNING id",
                tenant,
                delay);
    }

    @Test
    void whatIsPausedStaysAndGoesOnWhenItIsResumed() throws Exception {
        tempost.migrated();
        assertThat(run("pause", "--event-type", "welcome", "--reason", "typo in the template")
                        .text())
                .contains("event type welcome: paused");
        long id = tempost.welcome("ada@example.com");
        tempost.start();
        long other = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, shard_key)"
                + " VALUES ('unknown', 'ada@example.com', '{}', 's') RETURNING id");
        tempost.awaitStatus(other, RowStatus.FAILED);

        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.PENDING);
        assertThat(run("status").text())
                .contains("paused: event type welcome, by ")
                .contains("typo in the template");
        assertThat(run("shards").text()).contains("row " + other + " failed (TemplateInvalid) and holds the shard");
        Said wrong = run("resume", "--tenant", "default");
        assertThat(wrong.exit()).isEqualTo(1);
        assertThat(wrong.text()).contains("tenant default is not paused").contains("event type welcome");

        run("resume", "--event-type", "welcome");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
    }

    @Test
    void theSuppressionListIsKeptByCommandsAndGoesThroughAFile() throws Exception {
        Said made = run(
                "suppress",
                "Ann@xn--bcher-kva.example",
                "@Example.org",
                "--reason",
                "hard_bounce",
                "--note",
                "by hand");
        assertThat(made.exit()).as(made.text()).isZero();
        assertThat(made.text()).contains("3 suppressed");
        assertThat(run("suppress", "bob", "--reason", "manual").exit()).isEqualTo(2);
        assertThat(run("suppress", "bob@example.org").text()).contains("--reason is missing");
        run(
                "suppress",
                "bob@example.org",
                "--reason",
                "complaint",
                "--tenant",
                "club",
                "--until",
                "2099-01-01T00:00:00Z");

        assertThat(run("suppressions").text())
                .contains("ann@xn--bcher-kva.example", "hard_bounce", "by hand", "until 2099-01-01");
        JsonNode listed = new JsonMapper()
                .readTree(run("suppressions", "--tenant", "club", "--output", "json")
                        .text())
                .path("suppressions");
        assertThat(listed.size()).isEqualTo(1);
        assertThat(listed.path(0).path("address").asString()).isEqualTo("bob@example.org");

        Said exported = run("suppressions", "export");
        assertThat(exported.text())
                .startsWith("address,reason,tenant,note,expires_at")
                .contains("bob@example.org,complaint,club,,");
        Path file = Files.createTempFile("suppressions", ".csv");
        try {
            Files.writeString(file, exported.text());
            Said again = run("suppressions", "import", file.toString());
            assertThat(again.exit()).as(again.text()).isZero();
            assertThat(again.text()).contains("4 lines read, 0 of them bad; 0 entries are new or changed");

            Files.writeString(file, """
                    address,reason,expires_at
                    cy@example.org,unsubscribed,
                    kim at example.org,unsubscribed,
                    dan@example.org,bored,
                    eve@example.org,manual,yesterday
                    fay@example.org,manual,2020-01-01T00:00:00Z
                    gus@example.org,manual,,more
                    hal@example.org,manual
                    """);
            Said half = run("suppressions", "import", file.toString());
            assertThat(half.exit()).isEqualTo(1);
            assertThat(half.text())
                    .contains(
                            "line 3: the address ", "line 4: the reason is none of ", "line 5: expires_at is no time ")
                    .contains("line 6: it has ended already", "line 7: has more fields")
                    .contains("7 lines read, 5 of them bad; 2 entries are new or changed")
                    .doesNotContain("dan@example.org", "kim");
            Files.writeString(file, "\ufeffaddress,reason\nida@example.org,manual\n\"jim@example.org,manual\n");
            assertThat(run("suppressions", "import", file.toString()).text())
                    .contains("after line 2: that is no CSV", "1 entries are new or changed");
            Files.writeString(file, "adress,reason\nann@example.org,manual\n");
            assertThat(run("suppressions", "import", file.toString()).exit()).isEqualTo(2);
        } finally {
            Files.delete(file);
        }

        assertThat(run("suppress", "bob@example.org", "--remove").exit()).isEqualTo(1);
        assertThat(run("suppress", "bob@example.org", "--remove", "--tenant", "club")
                        .text())
                .contains("1 removed");
        run("erase", "--tenant", "club");
        assertThat(tempost.number("SELECT count(*) FROM tempost.suppression")).isEqualTo(6);
    }

    /** What a program reads: one document, and nobody's address in it. */
    private JsonNode json(String command, String... more) throws IOException, InterruptedException {
        Said said = run(Stream.concat(Stream.of(command, "--output", "json"), Arrays.stream(more))
                .toArray(String[]::new));
        assertThat(said.text()).doesNotContain("ada@example.com", "Ada", "payload", "recipient");
        return new JsonMapper().readTree(said.text());
    }

    private record Said(int exit, String text) {}

    private Said run(String... arguments) throws IOException, InterruptedException {
        Process running = TempostProcess.of(tempost.settings(), arguments).start();
        String text = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(running.waitFor(), text);
    }
}
