package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Every command of docs/temporal.md as it stands there, on the real server, for deliveries in the state it is for. */
@Timeout(180)
class TemporalRecipesTest {

    /** The section whose commands a test runs, all of them. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    private @interface Recipe {
        String value();
    }

    private static final Pattern HEADING_OR_BLOCK =
            Pattern.compile("^#+ ([^\\n]*)$|^```sh\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern NOT_FILLED_IN = Pattern.compile("\\b(ID|WORKFLOW|ACTIVITY|JOB)\\b");
    private static final Pattern QUERY = Pattern.compile("--query '([^']*)'");
    private static final Pattern ACTIVITY = Pattern.compile("ActivityId +(\\S+)");
    private static final Pattern JOB = Pattern.compile("job ID: (\\S+)");

    private final Map<String, List<String>> page = page();
    private final Installation tempost = new Installation()
            .with("tempost.delivery.initial-interval", "1h")
            .with("tempost.reconciliation.interval", "2s");
    private final String tenant = "recipes-" + UUID.randomUUID();
    // in place of what the page calls so
    private final Map<String, String> names = new HashMap<>(Map.of("acme", tenant, "10m", "2s"));
    private List<String> commands = List.of();
    private final List<String> run = new ArrayList<>();

    private static Map<String, List<String>> page() {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        String heading = "";
        try {
            String text = Files.readString(Path.of("..", "docs", "temporal.md"));
            for (MatchResult found : HEADING_OR_BLOCK.matcher(text).results().toList()) {
                if (found.group(1) == null) {
                    sections.computeIfAbsent(heading, section -> new ArrayList<>())
                            .add(found.group(2));
                } else {
                    heading = found.group(1);
                }
            }
            return sections;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> recipes() {
        return Arrays.stream(TemporalRecipesTest.class.getDeclaredMethods())
                .map(method -> method.getAnnotation(Recipe.class))
                .filter(Objects::nonNull)
                .map(Recipe::value);
    }

    @BeforeEach
    void openThePage(TestInfo test) {
        Recipe recipe = test.getTestMethod().orElseThrow().getAnnotation(Recipe.class);
        if (recipe != null) {
            commands = page.getOrDefault(recipe.value(), List.of());
            tempost.migrated().start();
        }
    }

    @AfterEach
    void everyCommandWasRun() {
        tempost.close();
        assertThat(run).as("commands of the section that were run").containsAll(commands);
    }

    @Test
    void everyCommandIsInASectionThatHasItsTest() {
        assertThat(recipes()).containsExactlyInAnyOrderElementsOf(page.keySet());
    }

    @Test
    @Recipe("One delivery")
    void aDeliveryIsFoundByItsRowAndSaysWhatItWaitsFor() {
        Rows.Row row = tempost.row(waiting());
        names.put("ID", Long.toString(row.id()));

        awaitSaying("workflow list", name("WORKFLOW"));

        assertThat(run("workflow describe")).contains("Send", FailureType.MAILBOX_UNAVAILABLE, "451");
        assertThat(run("workflow metadata")).contains(FailureType.MAILBOX_UNAVAILABLE, "./tempost show " + row.id());
        assertThat(run("workflow show")).contains("ActivityTaskScheduled").doesNotContain("@example.com");
    }

    @Test
    @Recipe("Many deliveries")
    void deliveriesAreCountedAndListedByTenantEventTypeAndJob() {
        String waits = tempost.row(waiting()).workflowId();
        String failed = tempost.row(failed()).workflowId();

        awaitSaying("GROUP BY ExecutionStatus", "Group total: 1, values: Running");
        awaitSaying("GROUP BY ExecutionStatus", "Group total: 1, values: Failed");
        awaitSaying("EventType=\"welcome\" AND ExecutionStatus=\"Failed\"", failed);
        assertThat(run("ExecutionStatus=\"Failed\"")).doesNotContain(waits);
        awaitSaying("TempostJob", waits);
        awaitSaying("TempostFailureType=", waits);
        assertThat(run("TempostFailureType=")).doesNotContain(failed);
    }

    @Test
    @Recipe("Reset one")
    void aResetSendsACorrectedRow() {
        long id = failed();
        tempost.smtp.behave();
        tempost.execute("SELECT tempost.correct(?, recipient => 'corrected@example.com')", id);

        run("workflow reset");

        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(tempost.smtp.received("corrected@example.com")).isEqualTo(1);
        assertThat(tempost.smtp.received()).isEqualTo(1);
    }

    @Test
    @Recipe("Reset many")
    void aResetByQuerySendsAllThatFailed() {
        List<Long> ids = List.of(failed(), failed(), failed());
        tempost.smtp.behave();

        runOnAll(3, "workflow reset");

        ids.forEach(id -> tempost.awaitStatus(id, RowStatus.DELIVERED));
        assertThat(tempost.smtp.received()).isEqualTo(3);
    }

    @Test
    @Recipe("Reset without the cancel before it")
    void aResetLeavesOutACancelThatNobodyHeardOnlyIfToldTo() {
        long cancelledAgain = signalledWhilePaused();
        tempost.temporal(
                "workflow",
                "reset",
                "--workflow-id",
                tempost.row(cancelledAgain).workflowId(),
                "--type",
                "FirstWorkflowTask",
                "--reason",
                "as by default");
        tempost.awaitStatus(cancelledAgain, RowStatus.CANCELLED);
        long stands = signalledWhilePaused();
        tempost.smtp.behave();

        run("workflow reset");

        tempost.awaitStatus(stands, RowStatus.DELIVERED);
        assertThat(tempost.smtp.received()).isEqualTo(1);
    }

    @Test
    @Recipe("Cancel one")
    void aSignalCancelsAndSoDoesTemporalsOwnCancel() {
        long signalled = waiting();
        run("workflow signal");
        assertThat(tempost.awaitStatus(signalled, RowStatus.CANCELLED).reason()).isEqualTo("order withdrawn");
        assertThat(tempost.awaitClosed(signalled))
                .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);

        long cancelled = waiting();
        run("workflow cancel");
        assertThat(tempost.awaitStatus(cancelled, RowStatus.CANCELLED).reason()).isEqualTo("cancelled in Temporal");
        assertThat(tempost.awaitClosed(cancelled))
                .isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED);
    }

    @Test
    @Recipe("Cancel many")
    void aQueryCancelsAllThatItFinds() {
        List<Long> signalled = List.of(waiting(), waiting(), waiting());
        runOnAll(3, "workflow signal");
        signalled.forEach(
                id -> assertThat(tempost.awaitStatus(id, RowStatus.CANCELLED).reason())
                        .isEqualTo("wrong link in the template"));

        List<Long> cancelled = List.of(waiting(), waiting());
        runOnAll(2, "workflow cancel");
        cancelled.forEach(
                id -> assertThat(tempost.awaitStatus(id, RowStatus.CANCELLED).reason())
                        .isEqualTo("cancelled in Temporal"));
    }

    @Test
    @Recipe("Send one now")
    void aResetActivityDoesNotWaitForItsTime() {
        long id = waiting();

        run("activity reset");
        awaitAttempts(id, 2);
        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DISPATCHED);

        tempost.smtp.behave();
        assertThat(run("workflow update")).contains("delivered");
        assertThat(tempost.awaitStatus(id, RowStatus.DELIVERED).attempts()).isEqualTo(3);
    }

    @Test
    @Recipe("Send many now")
    void aResetByQuerySendsAllThatWaits() {
        List<Long> ids = List.of(waiting(), waiting(), waiting());
        tempost.smtp.behave();

        runOnAll(3, "activity reset");

        ids.forEach(id -> tempost.awaitStatus(id, RowStatus.DELIVERED));
        assertThat(tempost.smtp.received()).isEqualTo(3);
    }

    @Test
    @Recipe("Hold one")
    void aPausedActivityWaitsAndAnUnpausedOneGoesOutAtOnce() {
        long id = waiting();

        run("activity pause");
        assertThat(tempost.temporal("workflow", "describe", "--workflow-id", name("WORKFLOW")))
                .containsPattern("State +Paused");
        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DISPATCHED);

        tempost.smtp.behave();
        run("activity unpause");
        assertThat(tempost.awaitStatus(id, RowStatus.DELIVERED).attempts()).isEqualTo(2);
    }

    @Test
    @Recipe("Let all go that are held")
    void allThatAreHeldAreFoundAndGoOutAtOnce() {
        List<Long> held = List.of(paused(), paused());
        long waits = waiting();
        tempost.smtp.behave();

        awaitSaying("workflow list", tempost.row(held.getFirst()).workflowId());
        runOnAll(2, "activity unpause");

        held.forEach(id -> tempost.awaitStatus(id, RowStatus.DELIVERED));
        assertThat(tempost.row(waits).status()).isEqualTo(RowStatus.DISPATCHED);
    }

    @Test
    @Recipe("One last attempt")
    void aLastAttemptThatFailsFailsTheRow() {
        long one = waiting();
        run("--workflow-id");
        assertThatItFailed(one);

        List<Long> many = List.of(waiting(), waiting());
        runOnAll(2, "--query");
        many.forEach(this::assertThatItFailed);
    }

    private void assertThatItFailed(long id) {
        Rows.Row row = tempost.awaitStatus(id, RowStatus.FAILED);
        assertThat(row.attempts()).isEqualTo(2);
        assertThat(row.lastErrorType()).isEqualTo(FailureType.MAILBOX_UNAVAILABLE);
        assertThat(tempost.awaitClosed(id)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED);
    }

    @Test
    @Recipe("Pause a workflow")
    void aPausedWorkflowHearsACancelWhenItGoesOn() {
        long id = waiting();

        run("workflow pause");
        awaitSaying("workflow list", name("WORKFLOW"));
        signalCancel();
        assertThat(tempost.history(id))
                .extracting(HistoryEvent::getEventType)
                .endsWith(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);
        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.DISPATCHED);

        run("workflow unpause");
        assertThat(tempost.awaitStatus(id, RowStatus.CANCELLED).reason()).isEqualTo("by mistake");
    }

    @Test
    @Recipe("Terminate")
    void theRowOfATerminatedWorkflowFailsAndIsSentWhenItIsRetried() {
        long one = waiting();
        run("--workflow-id");
        assertThatItIsLost(one);

        List<Long> many = List.of(waiting(), waiting());
        runOnAll(2, "--query");
        many.forEach(this::assertThatItIsLost);

        tempost.smtp.behave();
        assertThat(tempost.rows.retry(one)).isTrue();
        tempost.awaitStatus(one, RowStatus.DELIVERED);
        assertThat(tempost.smtp.received()).isEqualTo(1);
    }

    private void assertThatItIsLost(long id) {
        Rows.Row row = tempost.awaitStatus(id, RowStatus.FAILED);
        assertThat(row.lastErrorType()).isEqualTo(FailureType.WORKFLOW_LOST);
        assertThat(row.lastError()).contains("terminated");
    }

    @Test
    @Recipe("Batch jobs")
    void aBatchJobIsWatchedAndStopped() {
        // at 50 a second they last for longer than it takes to stop the job
        int rows = 300;
        String query = "TempostTenant=\"" + tenant + "\" AND ExecutionStatus=\"Running\"";
        tempost.smtp.atPhase(Phase.RCPT).reply("451 4.3.0 busy");
        tempost.execute(
                "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload)"
                        + " SELECT ?, 'welcome', 'ada@example.com', '{\"name\": \"Ada\"}' FROM generate_series(1, ?)",
                tenant,
                rows);
        await("all to wait")
                .atMost(Installation.TIMEOUT.multipliedBy(4))
                .until(() -> tempost.number("SELECT count(*) FROM tempost.outbox WHERE attempts = 1") == rows);
        awaitFound(rows, query);

        String started = tempost.shell(
                "temporal workflow signal --name cancel --input '\"all of them\"' --yes --query '" + query + "'");
        names.put("JOB", first(JOB, started));
        run("batch terminate");

        assertThat(run("batch list")).contains(name("JOB"));
        assertThat(run("batch describe")).contains("SignalWorkflow", "Failed");
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'dispatched'"))
                .as("rows that the job did not reach")
                .isPositive();
    }

    /** A row of order-7 that waits an hour for its second attempt, which a server refused for now; the next command is about it. */
    private long waiting() {
        tempost.smtp.behave();
        tempost.smtp.atPhase(Phase.RCPT).reply("451 4.3.0 busy");
        long id = insert();
        awaitAttempts(id, 1);
        await("its durable attempt")
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.describe(id).getPendingActivitiesCount() == 1
                        && tempost.describe(id).getPendingActivities(0).getAttempt() == 2);
        named(id);
        names.put(
                "ACTIVITY",
                first(ACTIVITY, tempost.temporal("workflow", "describe", "--workflow-id", name("WORKFLOW"))));
        return id;
    }

    /** A row that a server refused for good; the next command is about it. */
    private long failed() {
        tempost.smtp.behave();
        tempost.smtp.atPhase(Phase.RCPT).reply("550 5.1.1 user unknown");
        long id = insert();
        tempost.awaitStatus(id, RowStatus.FAILED);
        tempost.awaitClosed(id);
        named(id);
        return id;
    }

    private long paused() {
        long id = waiting();
        tempost.temporal("activity", "pause", "--workflow-id", name("WORKFLOW"), "--activity-id", name("ACTIVITY"));
        return id;
    }

    private long signalledWhilePaused() {
        long id = waiting();
        tempost.temporal("workflow", "pause", "--workflow-id", name("WORKFLOW"));
        signalCancel();
        return id;
    }

    private void signalCancel() {
        tempost.temporal(
                "workflow",
                "signal",
                "--workflow-id",
                name("WORKFLOW"),
                "--name",
                "cancel",
                "--input",
                "\"by mistake\"");
    }

    private long insert() {
        return tempost.insert(
                "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, job_id) VALUES"
                        + " (?, 'welcome', 'ada@example.com', '{\"name\": \"Ada\"}', 'order-7') RETURNING id",
                tenant);
    }

    private void awaitAttempts(long id, int attempts) {
        await("attempt " + attempts)
                .atMost(Installation.TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> tempost.row(id).attempts() == attempts);
    }

    private void named(long id) {
        names.put("WORKFLOW", Objects.requireNonNull(tempost.row(id).workflowId()));
    }

    private String name(String placeholder) {
        return Objects.requireNonNull(names.get(placeholder), placeholder);
    }

    /** Runs the section's one command with this in it, and returns what it says. */
    private String run(String with) {
        String command = command(with);
        String here = here(command);
        run.add(command);
        return tempost.shell(here);
    }

    /** Runs what acts on all that its query finds, as soon as it finds them: Temporal lists them a moment later. */
    private void runOnAll(int rows, String with) {
        awaitFound(rows, first(QUERY, here(command(with))));
        run(with);
    }

    private void awaitFound(int rows, String query) {
        await(rows + " found by " + query)
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(tempost.temporal("workflow", "count", "--query", query))
                        .isEqualToIgnoringNewLines("Total: " + rows));
    }

    private void awaitSaying(String with, String what) {
        await(what)
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(run(with)).contains(what));
    }

    private String command(String with) {
        List<String> found =
                commands.stream().filter(command -> command.contains(with)).toList();
        assertThat(found)
                .as("commands of the section with '%s', of %s", with, commands)
                .hasSize(1);
        return found.getFirst();
    }

    /** As it stands there, with the names of this test. */
    private String here(String command) {
        String here = command;
        for (Map.Entry<String, String> name : names.entrySet()) {
            here = here.replaceAll("\\b" + name.getKey() + "\\b", name.getValue());
        }
        assertThat(here).doesNotContainPattern(NOT_FILLED_IN);
        if (here.contains("--query")) {
            assertThat(here).as("a query that leaves other tests alone").contains(tenant);
        }
        return here;
    }

    private static String first(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .findFirst()
                .orElseThrow(() -> new AssertionError(pattern + " is not in: " + text))
                .group(1);
    }
}
