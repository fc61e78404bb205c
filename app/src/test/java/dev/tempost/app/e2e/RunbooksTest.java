package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.TempostProcess;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.FailureType;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.opentest4j.TestAbortedException;
import org.springframework.context.ConfigurableApplicationContext;

/** Every command of docs/runbooks as it stands there, by the login it is for, in the situation it is for. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
// one installation, and one situation after the other
@Execution(ExecutionMode.SAME_THREAD)
class RunbooksTest {

    /** The page whose commands a test runs, all of them. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    private @interface Runbook {
        String value();
    }

    private static final Path PAGES = Path.of("..", "docs", "runbooks");
    private static final Pattern BLOCK =
            Pattern.compile("^( *)```sh\\n(.*?)^ *```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern INLINE_COMMAND = Pattern.compile("`(\\./tempost|psql|temporal|curl|kubectl) [^`]*`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]*)(?:#([^)]*))?\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);
    private static final Pattern ALERT =
            Pattern.compile("- alert: (\\w+)(?:(?!- alert:).)*?runbook_url: (\\S+)", Pattern.DOTALL);
    private static final Pattern ANY_ALERT = Pattern.compile("- alert: (\\w+)");
    private static final String RUNBOOK_URL = "ADDRESS-OF-THIS-REPOSITORY/blob/main/docs/runbooks/";
    private static final Pattern NOT_FILLED_IN = Pattern.compile("\\b(ID|WORKFLOW|ACTIVITY|PROVIDER|PID|REPLICA)\\b");
    private static final Pattern ACTIVITY = Pattern.compile("ActivityId +(\\S+)");
    private static final Pattern CHANGES = Pattern.compile("tempost\\.(correct|cancel|hurry)\\(");
    private static final String OBSERVER = "runbooks_observer";
    private static final String OPERATOR = "runbooks_operator";
    private static final String HOUR_AGO = "now() - interval '1 hour'";

    private final Installation tempost = new Installation()
            .with("tempost.delivery.initial-interval", "1h")
            .with("tempost.event-types.receipt.on-ambiguous", "park")
            .with("tempost.reconciliation.interval", "2s");
    private final Map<String, String> names = new HashMap<>();
    private final List<String> run = new ArrayList<>();
    private List<String> commands = List.of();
    private @Nullable ConfigurableApplicationContext replica;

    @BeforeAll
    void loginsAndAnInstallation() throws IOException {
        tempost.migrated();
        tempost.template("receipt", "Receipt", "Thank you.", "<p>Thank you.</p>");
        tempost.execute("CREATE ROLE " + OBSERVER + " LOGIN IN ROLE tempost_observer");
        tempost.execute("CREATE ROLE " + OPERATOR + " LOGIN IN ROLE tempost_operator");
        Path script = Files.writeString(tempost.folder().resolve("tempost"), TempostProcess.script());
        assertThat(script.toFile().setExecutable(true)).isTrue();
    }

    @AfterAll
    void stop() {
        tempost.execute("DROP ROLE " + OBSERVER + ", " + OPERATOR);
        tempost.close();
    }

    @BeforeEach
    void openThePage(TestInfo test) {
        Runbook runbook = test.getTestMethod().orElseThrow().getAnnotation(Runbook.class);
        commands = runbook == null ? List.of() : commands(runbook.value());
        run.clear();
        names.clear();
    }

    @AfterEach
    void everyCommandWasRunAndTheSituationIsOver() {
        tempost.smtp.behave();
        tempost.smtp.start();
        for (String table : List.of("outbox", "shard", "pause", "provider", "bulk_action")) {
            tempost.execute("DELETE FROM tempost." + table);
        }
        tempost.smtp.forgetMessages();
        assertThat(run).as("commands of the page that were run").containsAll(commands);
    }

    @Test
    void everyPageHasItsTestAndItsPlaceInTheIndex() throws IOException {
        assertThat(Arrays.stream(RunbooksTest.class.getDeclaredMethods())
                        .map(method -> method.getAnnotation(Runbook.class))
                        .filter(Objects::nonNull)
                        .map(runbook -> runbook.value() + ".md"))
                .containsExactlyInAnyOrderElementsOf(
                        pages().filter(page -> !page.equals("README.md")).toList());
        assertThat(commands("README")).isEmpty();
        String index = text("README.md");
        pages().filter(page -> !page.equals("README.md"))
                .forEach(page -> assertThat(index).contains("(" + page + ")"));
    }

    @Test
    void everyAlertLeadsToAPageThatNamesItAndStandsInTheIndex() throws IOException {
        String rules = Files.readString(Path.of("..", "k8s", "alerts", "tempost.rules.yaml"));
        Map<String, String> found = new HashMap<>();
        ALERT.matcher(rules).results().forEach(alert -> found.put(alert.group(1), alert.group(2)));
        assertThat(found.keySet())
                .containsExactlyInAnyOrderElementsOf(new TreeSet<>(ANY_ALERT
                        .matcher(rules)
                        .results()
                        .map(alert -> alert.group(1))
                        .toList()));
        assertThat(ALERT.matcher(rules).results().count())
                .isEqualTo(ANY_ALERT.matcher(rules).results().count());
        String index = text("README.md");
        found.forEach((alert, url) -> {
            assertThat(url).as(alert).startsWith(RUNBOOK_URL);
            String page = url.substring(RUNBOOK_URL.length());
            assertThat(text(page)).as(page).containsPattern("(?m)^Alerts: .*`" + alert + "`");
            assertThat(index).containsPattern("(?m)^\\|.*`" + alert + "`.*\\(" + Pattern.quote(page) + "\\)");
        });
    }

    @Test
    void whatCanBeTypedStandsInABlockAndLinksLeadSomewhere() throws IOException {
        for (String page : pages().toList()) {
            assertThat(text(page)).as(page).doesNotContainPattern(INLINE_COMMAND);
            LINK.matcher(text(page)).results().forEach(link -> {
                Path target = link.group(1).isEmpty() ? PAGES.resolve(page) : PAGES.resolve(link.group(1));
                assertThat(target).as("%s in %s", link.group(), page).exists();
                if (link.group(2) != null) {
                    assertThat(anchors(target))
                            .as("%s in %s", link.group(), page)
                            .contains(link.group(2));
                }
            });
        }
    }

    @Test
    @Runbook("nothing-is-sent")
    void rowsThatNobodyClaimsAreFoundAndDrained() {
        stopReplica();
        long id = welcome(HOUR_AGO);
        welcome("now() - interval '14 days'");
        names.put("ID", Long.toString(id));
        names.put("REPLICA", "127.0.0.1");
        names.put("8080", "1");

        assertThat(run("GROUP BY 1, 2")).containsPattern("unclaimed +\\| pending +\\| +2 ");
        assertThat(run("WHERE id = ID")).contains("unclaimed").doesNotContain("providers that are down");
        assertThat(run("curl", 7)).as("the process is not there").isEmpty();

        assertThat(run("drain")).contains("Drained: 2 delivered");

        assertThat(run("backlog_now")).contains("(0 rows)");
    }

    @Test
    @Runbook("servers-away")
    void aServerThatIsAwayIsNamed() {
        stopReplica();
        tempost.with("spring.temporal.connection.target", "127.0.0.1:1");
        startReplica();
        assertThat(run("curl")).contains("\"temporal\":{\"status\":\"DOWN\"}");
        assertThat(run("doctor", 3)).contains("problem  temporal");

        stopReplica();
        tempost.with("spring.temporal.connection.target", tempost.temporalTarget);
        startReplica();
        await("readiness")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(run("curl")).doesNotContain("DOWN"));
    }

    @Test
    @Runbook("mail-server-down")
    void aMailServerThatIsAwayIsNamedAndAskedNow() {
        startReplica();
        tempost.smtp.stop();
        for (int row = 0; row < 5; row++) {
            welcome(HOUR_AGO);
        }
        awaitDown();
        long untouched = welcome(HOUR_AGO);
        names.put("PROVIDER", "default");

        assertThat(run("status")).contains("provider default is down since ", FailureType.PROVIDER_UNAVAILABLE);
        assertThat(run("why IN")).containsPattern("unclaimed|provider");
        assertThat(run("hurry")).containsPattern("\\bt\\b");

        tempost.smtp.start();
        tempost.awaitStatus(untouched, RowStatus.DELIVERED);
        awaitEmpty("why IN");
    }

    @Test
    @Runbook("credentials-refused")
    void credentialsAreTriedBeforeTheProviderIsAskedAgain() {
        startReplica();
        tempost.smtp.atPhase(Phase.MAIL).reply("530 5.7.0 authenticate first");
        welcome(HOUR_AGO);
        awaitDown();
        long untouched = welcome(HOUR_AGO);
        names.put("PROVIDER", "default");

        assertThat(run("status")).contains("provider default is down since ", FailureType.CREDENTIALS_REJECTED, "530");
        assertThat(run("why IN")).containsPattern("unclaimed|provider");
        assertThat(run("hurry")).containsPattern("\\bt\\b");

        tempost.smtp.behave();
        assertThat(run("doctor", 0, 1)).contains("ok       smtp default");
        tempost.awaitStatus(untouched, RowStatus.DELIVERED);
        awaitEmpty("why IN");
    }

    @Test
    @Runbook("dead-letters")
    void whatFailedIsCorrectedRetriedAndDismissed() {
        startReplica();
        tempost.smtp.atPhase(Phase.RCPT).reply("550 5.1.1 user unknown");
        List<Long> ids = Stream.generate(() -> welcome("now()")).limit(4).toList();
        ids.forEach(id -> tempost.awaitStatus(id, RowStatus.FAILED));
        names.put("ID", Long.toString(ids.getFirst()));

        assertThat(run("failed --limit").lines().filter(line -> line.contains("MailboxUnknown: 550")))
                .hasSize(4);
        assertThat(run("show")).contains("rejected", "delivery:default:");
        tempost.smtp.behave();
        assertThat(run("tempost.correct")).containsPattern("\\bt\\b");
        run("retry ID");
        tempost.awaitStatus(ids.getFirst(), RowStatus.DELIVERED);
        assertThat(tempost.smtp.received("ada@example.com")).isEqualTo(1);

        names.put("ID", Long.toString(ids.getLast()));
        run("dismiss");
        assertThat(tempost.row(ids.getLast()).status()).isEqualTo(RowStatus.DISMISSED);

        assertThat(run("--dry-run")).contains("2 rows match");
        assertThat(run("the mailboxes exist now")).contains("2 done, 0 left alone");
        ids.subList(1, 3).forEach(id -> tempost.awaitStatus(id, RowStatus.DELIVERED));
        assertThat(run("backlog_now")).contains("(0 rows)");
    }

    @Test
    @Runbook("bad-row")
    void aRowThatSaysTheWrongThingIsCorrectedAndCancelled() {
        startReplica();
        long id = waiting();
        tempost.execute("UPDATE tempost.outbox SET payload = payload || '{\"team_id\": 11}'");

        assertThat(run("object_history")).contains("transient", "451");
        assertThat(run("tempost.correct")).containsPattern("\\bt\\b");
        assertThat(tempost.number("SELECT (payload -> 'team_id')::int FROM tempost.outbox"))
                .isEqualTo(5);

        run("cancel");
        tempost.awaitStatus(id, RowStatus.CANCELLED);
        assertThat(run("object_history")).contains("cancelled", "the order was withdrawn");
    }

    @Test
    @Runbook("late")
    void whatIsLateSaysWhereItWaitedAndOthersGoFirst() {
        startReplica();
        waiting();

        assertThat(run("backlog_now")).contains("welcome", "dispatched");
        assertThat(run("object_history")).contains("transient", "451");

        assertThat(run("pause")).contains("event type welcome: paused");
        assertThat(tempost.number("SELECT count(*) FROM tempost.pause WHERE resumed_at IS NULL"
                        + " AND ends_at BETWEEN now() + interval '25 minutes' AND now() + interval '30 minutes'"))
                .isEqualTo(1);
    }

    @Test
    @Runbook("shard-stands-still")
    void theHeadOfAShardIsRetriedAndDismissed() {
        startReplica();
        tempost.smtp.atPhase(Phase.RCPT).reply("550 5.1.1 user unknown");
        long head = inShard();
        tempost.awaitStatus(head, RowStatus.FAILED);
        long behind = inShard();
        names.put("ID", Long.toString(head));

        assertThat(run("next_attempt_at"))
                .containsPattern("acme +\\| +2 \\| +" + head + " \\| failed .*MailboxUnknown");
        assertThat(run("shards")).contains("row " + head + " failed (MailboxUnknown) and holds the shard");
        assertThat(run("WHERE head_status")).contains(Long.toString(head));

        run("retry");
        await("another attempt")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.row(head).attempts() == 2);
        tempost.awaitStatus(head, RowStatus.FAILED);
        tempost.smtp.behave();
        run("dismiss");
        tempost.awaitStatus(behind, RowStatus.DELIVERED);
        assertThat(run("WHERE head_status")).contains("(0 rows)");
    }

    @Test
    @Runbook("paused")
    void aSwitchIsSetFoundAndLifted() {
        startReplica();
        assertThat(run("pause --event-type")).contains("event type welcome: paused");
        long id = welcome(HOUR_AGO);
        names.put("ID", Long.toString(id));

        assertThat(run("./tempost status")).contains("paused: event type welcome, by ", "wrong link in the template");
        assertThat(run("tempost.stuck")).contains("paused", "wrong link in the template");
        assertThat(run("backlog_now")).containsPattern("welcome +\\| pending +\\| +1 \\| +1");

        assertThat(run("resume")).contains("event type welcome: resumed");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(run("backlog_now")).contains("(0 rows)");
    }

    @Test
    @Runbook("dispatched")
    void aDispatchedRowThatIsHeldGoesOnAndAStuckOneEndsAndIsRetried() {
        startReplica();
        long held = waiting();
        tempost.temporal("activity", "pause", "--workflow-id", name("WORKFLOW"), "--activity-id", name("ACTIVITY"));
        overdue(held);

        assertThat(run("ORDER BY since")).containsPattern(held + " \\| default +\\| welcome +\\| wedged");
        assertThat(run("show")).contains(name("WORKFLOW"));
        assertThat(run("workflow describe")).containsPattern("State +Paused");
        assertThat(run("task-queue describe")).contains("activity", "workflow");

        tempost.smtp.behave();
        run("activity unpause");
        tempost.awaitStatus(held, RowStatus.DELIVERED);

        long stuck = waiting();
        overdue(stuck);
        run("workflow terminate");
        assertThat(tempost.awaitStatus(stuck, RowStatus.FAILED).lastErrorType()).isEqualTo(FailureType.WORKFLOW_LOST);
        tempost.smtp.behave();
        run("retry");
        tempost.awaitStatus(stuck, RowStatus.DELIVERED);
        assertThat(run("GROUP BY why")).contains("(0 rows)");
    }

    @Test
    @Runbook("lost-data")
    void rowsThatLostTheirWorkflowAreRetriedAndRestoredOnesCancelled() {
        startReplica();
        long lost = waiting();
        tempost.temporal("workflow", "terminate", "--workflow-id", name("WORKFLOW"), "--reason", "by mistake");
        tempost.awaitStatus(lost, RowStatus.FAILED);
        tempost.smtp.behave();

        assertThat(run("--dry-run")).contains("1 rows match");
        assertThat(run("terminated by mistake")).contains("1 done, 0 left alone");
        tempost.awaitStatus(lost, RowStatus.DELIVERED);

        await("schedules")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(run("schedule list"))
                        .contains(setting("tempost.temporal.task-queue") + "-reconcile")
                        .contains(setting("tempost.temporal.task-queue") + "-retain"));

        long restored = tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, deliver_after)"
                + " VALUES ('welcome', 'ada@example.com', now() + interval '1 hour') RETURNING id");
        names.put("ID", Long.toString(restored));
        assertThat(run("tempost.cancel")).containsPattern("\\bt\\b");
        assertThat(tempost.row(restored).reason()).isEqualTo("delivered before the restore");

        assertThat(run("tempost.stuck")).contains("(0 rows)");
    }

    @Test
    @Runbook("sent-twice")
    void whatIsParkedIsRetriedOrDismissed() {
        startReplica();
        tempost.smtp.afterDot().close();
        List<Long> ids = Stream.generate(() -> tempost.insert("INSERT INTO tempost.outbox (event_type, recipient)"
                        + " VALUES ('receipt', 'ada@example.com') RETURNING id"))
                .limit(2)
                .toList();
        ids.forEach(id -> assertThat(tempost.awaitStatus(id, RowStatus.FAILED).lastErrorType())
                .isEqualTo(FailureType.AMBIGUOUS_OUTCOME));

        assertThat(run("phase = 'ambiguous'")).contains("receipt", "failed", "(2 rows)");

        tempost.smtp.behave();
        names.put("ID", Long.toString(ids.getFirst()));
        run("retry");
        tempost.awaitStatus(ids.getFirst(), RowStatus.DELIVERED);
        names.put("ID", Long.toString(ids.getLast()));
        run("dismiss");
        assertThat(tempost.smtp.received()).isEqualTo(1);
        assertThat(run("ambiguous > 0")).contains("(0 rows)");
    }

    @Test
    @Runbook("old-figures")
    void aCountThatIsOldSaysSo() {
        stopReplica();
        tempost.execute("UPDATE tempost.backlog_count SET counted_at = now() - interval '20 minutes',"
                + " next_at = now() + interval '4 minutes'");
        assertThat(run("backlog_count")).contains("00:20:0");
        assertThat(run("backlog_now")).contains("Time: ");

        tempost.execute("UPDATE tempost.backlog_count SET next_at = now()");
        new Backlog(tempost.dataSource()).countWhenDue(Duration.ofSeconds(10), Duration.ofHours(1), Backlog.Named.NONE);
        assertThat(run("backlog_count")).contains("00:00:0");
    }

    @Test
    @Runbook("database-slow")
    void whoHoldsALockIsFoundAndEnded() throws SQLException {
        stopReplica();
        long id = welcome("now()");
        try (Connection forgotten = tempost.connection();
                Statement statement = forgotten.createStatement()) {
            forgotten.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.outbox WHERE id = " + id + " FOR UPDATE");
            String pid = Integer.toString(
                    forgotten.unwrap(org.postgresql.PGConnection.class).getBackendPID());
            names.put("PID", pid);
            Thread waits = Thread.ofVirtual()
                    .start(() -> tempost.execute("UPDATE tempost.outbox SET reason = 'waited' WHERE id = ?", id));

            await("somebody to wait")
                    .atMost(Installation.TIMEOUT)
                    .untilAsserted(() ->
                            assertThat(run("pg_blocking_pids")).contains("{" + pid + "}", "UPDATE tempost.outbox"));
            assertThat(run("application_name")).contains("idle in transaction");

            assertThat(run("pg_terminate_backend")).containsPattern("\\bt\\b");
            await("it to go on").atMost(Installation.TIMEOUT).until(() -> !waits.isAlive());
            assertThat(tempost.row(id).reason()).isEqualTo("waited");
            assertThat(run("pg_blocking_pids")).doesNotContain("{" + pid + "}");
        }
    }

    @Test
    @Runbook("unprotected")
    void aConnectionThatAnybodyMayReadIsNamed() {
        tempost.with("spring.temporal.connection.target", "temporal.tempost.test:7233");
        try {
            assertThat(run("doctor", 3)).contains("warn     protection         temporal", "-> to protect it");
        } finally {
            tempost.with("spring.temporal.connection.target", tempost.temporalTarget);
        }
    }

    private void startReplica() {
        if (replica == null) {
            replica = tempost.startWithWeb();
        }
        names.put("REPLICA", "127.0.0.1");
        names.put("8080", replica.getEnvironment().getRequiredProperty("local.server.port"));
    }

    private void stopReplica() {
        tempost.stopAll();
        replica = null;
    }

    private long welcome(String createdAt) {
        return tempost.insert("INSERT INTO tempost.outbox (event_type, recipient, payload, created_at) VALUES"
                + " ('welcome', 'eve@example.com', '{\"name\": \"Eve\"}', " + createdAt + ") RETURNING id");
    }

    private long inShard() {
        return tempost.insert("INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, shard_key) VALUES"
                + " ('acme', 'welcome', 'eve@example.com', '{\"name\": \"Eve\"}', 'order-7') RETURNING id");
    }

    /** A row that a server refused for now, so that it waits for an hour; the next commands are about it. */
    private long waiting() {
        tempost.smtp.behave();
        tempost.smtp.atPhase(Phase.RCPT).reply("451 4.3.0 busy");
        long id = welcome("now()");
        await("its durable attempt")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.row(id).attempts() == 1
                        && tempost.describe(id).getPendingActivitiesCount() == 1
                        && tempost.describe(id).getPendingActivities(0).getAttempt() == 2);
        String workflow = Objects.requireNonNull(tempost.row(id).workflowId());
        names.put("ID", Long.toString(id));
        names.put("WORKFLOW", workflow);
        Matcher activity = ACTIVITY.matcher(tempost.temporal("workflow", "describe", "--workflow-id", workflow));
        assertThat(activity.find()).isTrue();
        names.put("ACTIVITY", activity.group(1));
        return id;
    }

    private void overdue(long id) {
        tempost.execute(
                "UPDATE tempost.outbox SET created_at = now() - interval '1 hour',"
                        + " next_attempt_at = now() - interval '20 minutes' WHERE id = ?",
                id);
    }

    private void awaitDown() {
        await("the provider to be down")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.number("SELECT count(*) FROM tempost.provider WHERE down_since IS NOT NULL") == 1);
    }

    private void awaitEmpty(String with) {
        await("nothing that is stuck")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(run(with)).contains("(0 rows)"));
    }

    private String name(String placeholder) {
        return Objects.requireNonNull(names.get(placeholder), placeholder);
    }

    private String setting(String property) {
        return Objects.requireNonNull(tempost.settings().get(property), property);
    }

    /**
     * Runs the page's one command with this in it, and returns what it says.
     *
     * @param exits how it may end; with 0 when nothing is given
     */
    private String run(String with, int... exits) {
        List<String> found = commands.stream()
                .filter(command -> command.contains(with))
                .distinct()
                .toList();
        assertThat(found)
                .as("commands of the page with '%s', of %s", with, commands)
                .hasSize(1);
        String command = found.getFirst();
        try {
            Installation.Ended ended = tempost.run(process(command));
            run.add(command);
            assertThat(exits.length == 0 ? new int[] {0} : exits)
                    .as("%s said %s", command, ended.said())
                    .contains(ended.exit());
            return ended.said();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As it stands there, with the names of this test, by whom the page says. */
    private ProcessBuilder process(String command) {
        String here = command;
        for (Map.Entry<String, String> name : names.entrySet()) {
            here = here.replaceAll("\\b" + name.getKey() + "\\b", Matcher.quoteReplacement(name.getValue()));
        }
        here = here.replace("--task-queue tempost", "--task-queue " + setting("tempost.temporal.task-queue"));
        assertThat(here).doesNotContainPattern(NOT_FILLED_IN);

        ProcessBuilder process =
                tempost.inShell(here).directory(tempost.folder().toFile());
        Map<String, String> environment = process.environment();
        if (command.contains("./tempost")) {
            boolean service = command.contains("drain") || command.contains("doctor");
            Map<String, String> settings = new HashMap<>(tempost.settings());
            if (!service) {
                settings.put("spring.datasource.url", tempost.jdbcUrl.replace("user=postgres", "user=" + OPERATOR));
                settings.put("spring.datasource.username", OPERATOR);
            }
            settings.put("tempost.templates", tempost.folder().toAbsolutePath().toString());
            Map<String, String> more = TempostProcess.of(settings).environment();
            more.keySet().removeAll(System.getenv().keySet());
            environment.putAll(more);
        } else if (command.contains("psql")) {
            requirePsql();
            URI database = URI.create(tempost.jdbcUrl.substring("jdbc:".length()));
            environment.put("PGHOST", database.getHost());
            environment.put("PGPORT", Integer.toString(database.getPort()));
            environment.put("PGDATABASE", database.getPath().substring(1));
            environment.put(
                    "PGUSER",
                    command.contains("pg_")
                            ? "postgres"
                            : CHANGES.matcher(command).find() ? OPERATOR : OBSERVER);
        }
        return process;
    }

    private static void requirePsql() {
        boolean there = Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                .splitAsStream(System.getenv("PATH"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "psql")));
        if (!there) {
            String missing = "psql is not installed: apt-get install postgresql-client";
            // set by the gate, which installs it
            if (System.getenv("TEMPOST_REQUIRE_PSQL") != null) {
                throw new IllegalStateException(missing);
            }
            throw new TestAbortedException(missing);
        }
    }

    private static Stream<String> pages() throws IOException {
        try (Stream<Path> pages = Files.list(PAGES)) {
            return pages.map(page -> page.getFileName().toString()).sorted().toList().stream();
        }
    }

    private static String text(String page) {
        try {
            return Files.readString(PAGES.resolve(page));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> commands(String page) {
        return BLOCK.matcher(text(page + ".md"))
                .results()
                .map(block -> block.group(2).replaceAll("(?m)^" + block.group(1), ""))
                .toList();
    }

    private static List<String> anchors(Path page) {
        try {
            return HEADING.matcher(Files.readString(page))
                    .results()
                    .map(heading -> heading.group(1)
                            .toLowerCase(Locale.ROOT)
                            .replaceAll("[^\\p{L}\\p{N} _-]", "")
                            .replace(' ', '-'))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
