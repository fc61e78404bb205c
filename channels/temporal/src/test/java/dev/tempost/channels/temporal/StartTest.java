package dev.tempost.channels.temporal;

import static dev.tempost.channels.temporal.TemporalHarness.newOrder;
import static dev.tempost.channels.temporal.TemporalHarness.row;
import static dev.tempost.channels.temporal.TemporalHarness.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.testing.Attempt;
import dev.tempost.channels.temporal.WorkflowProvider.Arguments;
import dev.tempost.workflows.FailureType;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a real Temporal server does with a row that starts a workflow. */
@Timeout(120)
class StartTest {

    private final TemporalHarness temporal = new TemporalHarness();
    private final String order = newOrder();

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void aRowStartsAWorkflowThatGetsItsPayloadAndNamesTheRow() {
        OutgoingMessage row = row(order, "end");

        Outcome outcome = temporal.send(start(), row);

        temporal.awaitClosed(order);
        String run = temporal.runId(order);
        assertThat(outcome).isEqualTo(new Outcome.Accepted("started, run " + run, run));
        assertThat(temporal.memo(order, "tempost_outbox_id")).hasValue("17");
        assertThat(temporal.memo(order, "tempost_outbox_key")).hasValue("\"" + row.key() + "\"");
        HistoryEvent first = temporal.history(order, run).getFirst();
        assertThat(first.getWorkflowExecutionStartedEventAttributes().getInput().getPayloadsList())
                .singleElement()
                .satisfies(argument ->
                        assertThat(argument.getData().toStringUtf8()).isEqualTo(row.payload()));
        assertThat(temporal.line.calls()).containsExactly("StartWorkflowExecution");
        assertThat(temporal.line.namespaces()).containsExactly("default");
    }

    @Test
    void aListBecomesThatManyArguments() {
        WorkflowProvider provider = new WorkflowProvider(
                "orders", null, "default", start().action(), new IdTemplate("order-{payload.id}"), Arguments.LIST);

        temporal.send(
                provider,
                row(
                        UUID.randomUUID(),
                        "{\"id\": \"" + order + "\", \"arguments\": [{\"then\": \"end\"}, 19.90, null]}"));

        assertThat(temporal.history(order, temporal.runId(order))
                        .getFirst()
                        .getWorkflowExecutionStartedEventAttributes()
                        .getInput()
                        .getPayloadsList())
                .extracting(argument -> argument.getData().toStringUtf8())
                .containsExactly("{\"then\":\"end\"}", "19.90", "null");
    }

    @Test
    void aLostReplyIsAskedForAgainAndTheWorkflowRunsOnce() {
        temporal.line.loseOneReply(() -> {});

        Outcome outcome = temporal.send(start(), row(order, "wait"));

        String run = temporal.runId(order);
        assertThat(outcome).isEqualTo(new Outcome.Accepted("started, run " + run, run));
        assertThat(temporal.line.calls()).containsExactly("StartWorkflowExecution", "StartWorkflowExecution");
        assertThat(temporal.line.startedRuns()).isEqualTo(1);
    }

    @Test
    void aWorkflowThatClosedBeforeItsReplyWasAskedForAgainIsNotStartedAgain() {
        for (IdReusePolicy reuse : IdReusePolicy.values()) {
            String another = newOrder();
            temporal.line.loseOneReply(() -> temporal.awaitClosed(another));

            Outcome outcome = temporal.send(start(IdConflictPolicy.FAIL, reuse), row(another, "end"));

            assertThat(outcome).as("%s", reuse).isInstanceOf(Outcome.Accepted.class);
            assertThat(((Outcome.Accepted) outcome).providerMessageId())
                    .as("%s", reuse)
                    .isEqualTo(temporal.runId(another));
        }
        assertThat(temporal.line.startedRuns()).isEqualTo(IdReusePolicy.values().length);
    }

    @Test
    void aLaterAttemptOfTheSameRowIsAnsweredByTheSameRun() {
        OutgoingMessage row = row(order, "end");
        Outcome first = temporal.send(start(), row);
        temporal.awaitClosed(order);

        assertThat(temporal.send(start(), row)).isEqualTo(first);
    }

    @Test
    void aWorkflowThatContinuedAsNewBeforeItsReplyWasAskedForAgainIsNotStartedAgain() {
        for (WorkflowProvider provider : List.of(
                start(),
                start(IdConflictPolicy.USE_EXISTING, IdReusePolicy.REJECT_DUPLICATE),
                start(IdConflictPolicy.TERMINATE_EXISTING, IdReusePolicy.ALLOW_DUPLICATE))) {
            String another = newOrder();
            String[] firstRun = {""};
            temporal.line.loseOneReply(() -> {
                await().until(() -> temporal.history(another, "").stream()
                        .noneMatch(event ->
                                event.getEventType() == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW));
                await().untilAsserted(() -> assertThat(temporal.history(another, "")
                                .getFirst()
                                .getWorkflowExecutionStartedEventAttributes()
                                .getContinuedExecutionRunId())
                        .isNotEmpty());
                firstRun[0] = temporal.history(another, "")
                        .getFirst()
                        .getWorkflowExecutionStartedEventAttributes()
                        .getFirstExecutionRunId();
            });

            Outcome outcome = temporal.send(provider, row(another, "continue"));

            assertThat(outcome)
                    .as("%s", provider)
                    .isInstanceOfSatisfying(
                            Outcome.Accepted.class,
                            accepted -> assertThat(accepted.providerMessageId())
                                    .isIn(firstRun[0], temporal.runId(another)));
            assertThat(temporal.status(another)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
            assertThat(temporal.history(another, "")
                            .getFirst()
                            .getWorkflowExecutionStartedEventAttributes()
                            .getFirstExecutionRunId())
                    .as("the same workflow, and no other after it")
                    .isEqualTo(firstRun[0]);
        }
    }

    @Test
    void aWorkflowOfTheSameIdThatRunsFailsTheRow() {
        String run = temporal.startedByAnother(order, "wait");

        assertThat(temporal.send(start(), row(order, "wait")))
                .isEqualTo(new Outcome.Permanent(
                        FailureType.WORKFLOW_ID_TAKEN,
                        "a workflow of this id was started by another request and runs, run " + run
                                + ": correct what the id is made of and retry, or dismiss the row",
                        true));
    }

    @Test
    void aWorkflowOfTheSameIdThatIsClosedFailsTheRowUnlessItsIdMayBeUsedAgain() {
        temporal.startedByAnother(order, "end");
        temporal.awaitClosed(order);

        assertThat(temporal.send(start(), row(order, "end")))
                .isInstanceOfSatisfying(Outcome.Permanent.class, outcome -> {
                    assertThat(outcome.type()).isEqualTo(FailureType.WORKFLOW_ID_TAKEN);
                    assertThat(outcome.reply()).contains("is closed");
                });
        assertThat(temporal.send(
                        start(IdConflictPolicy.FAIL, IdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY), row(order, "end")))
                .isInstanceOf(Outcome.Permanent.class);
        // a server may ask for a second between two
        await().untilAsserted(() -> assertThat(
                        temporal.send(start(IdConflictPolicy.FAIL, IdReusePolicy.ALLOW_DUPLICATE), row(order, "end")))
                .isInstanceOf(Outcome.Accepted.class));
    }

    @Test
    void aWorkflowThatFailedMayBeStartedAgainWhereItsPolicySaysSo() {
        temporal.startedByAnother(order, "fail");
        temporal.awaitClosed(order);

        await().untilAsserted(() -> assertThat(temporal.send(
                        start(IdConflictPolicy.FAIL, IdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY), row(order, "end")))
                .isInstanceOf(Outcome.Accepted.class));
    }

    @Test
    void aWorkflowThatRunsMayBeUsedAndItsCloseDoesNotUnsayThat() {
        String run = temporal.startedByAnother(order, "wait");
        temporal.line.loseOneReply(() -> {
            temporal.workflow(order).signal("finish", java.util.Map.of());
            temporal.awaitClosed(order);
        });

        assertThat(temporal.send(
                        start(IdConflictPolicy.USE_EXISTING, IdReusePolicy.REJECT_DUPLICATE), row(order, "wait")))
                .isEqualTo(new Outcome.Accepted("a workflow of this id ran already and is used, run " + run, run));
    }

    @Test
    void aWorkflowThatRunsMayBeTerminatedAndReplaced() {
        String run = temporal.startedByAnother(order, "wait");
        WorkflowProvider terminates = start(IdConflictPolicy.TERMINATE_EXISTING, IdReusePolicy.ALLOW_DUPLICATE);
        OutgoingMessage row = row(order, "wait");

        await().untilAsserted(() -> assertThat(temporal.send(terminates, row)).isInstanceOf(Outcome.Accepted.class));

        String replacing = temporal.runId(order);
        assertThat(replacing).isNotEqualTo(run);
        assertThat(temporal.send(terminates, row))
                .as("the same row again")
                .isEqualTo(new Outcome.Accepted("started, run " + replacing, replacing));
        assertThat(temporal.status(order)).isEqualTo(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);
    }

    @Test
    void whenNoReplyComesBeforeTheDeadlineTheOutcomeIsUnknownAndTheNextAttemptLearnsIt() throws Exception {
        temporal.line.loseAllReplies();
        OutgoingMessage row = row(order, "wait");
        TemporalChannel channel = temporal.channel(start());
        Attempt attempt = Attempt.allowed();
        CompletableFuture<Outcome> sending = CompletableFuture.supplyAsync(() -> channel.send(row, attempt));
        await().until(() -> temporal.line.calls().size() > 2);

        attempt.passDeadline();

        assertThat(sending.get()).isInstanceOf(Outcome.Ambiguous.class);
        temporal.line.behave();
        String run = temporal.runId(order);
        assertThat(channel.send(row, Attempt.allowed())).isEqualTo(new Outcome.Accepted("started, run " + run, run));
        assertThat(temporal.line.startedRuns()).isEqualTo(1);
    }

    @Test
    void nothingIsAskedByAnAttemptThatMayNoLongerSend() {
        assertThat(temporal.channel(start()).send(row(order, "wait"), Attempt.tooLate()))
                .isInstanceOfSatisfying(Outcome.Transient.class, outcome -> {
                    assertThat(outcome.fault()).isEqualTo(Fault.OURS);
                    assertThat(outcome.reached()).isFalse();
                });
        assertThat(temporal.line.calls()).isEmpty();
    }

    @Test
    void aNamespaceThatDoesNotExistTakesTheProviderDownAndNoRowIsToBlame() {
        WorkflowProvider elsewhere =
                new WorkflowProvider("orders", null, "nowhere", start().action(), IdTemplate.KEY, Arguments.PAYLOAD);

        assertThat(temporal.send(elsewhere, row(order, "wait")))
                .isEqualTo(new Outcome.ChannelDown(
                        FailureType.PROTOCOL_ERROR,
                        "Temporal knows no namespace nowhere: create it, or correct the setting namespace"));
        assertThat(temporal.channel(elsewhere).probe("orders")).isInstanceOf(Health.Down.class);
        assertThat(temporal.channel(start()).probe("orders")).isEqualTo(new Health.Ready());
    }

    @Test
    void anIdThatIsTooLongIsTheRowsFailureWithoutTheId() {
        assertThat(temporal.send(start(), row("x".repeat(2000), "wait")))
                .isEqualTo(new Outcome.Permanent(
                        FailureType.MESSAGE_REJECTED,
                        "the workflow's id is longer than Temporal allows: correct the row",
                        true));
    }

    @Test
    void aStartIsAcceptedThoughNobodyPollsAndThatShows() {
        String queue = "nobody-" + order;
        WorkflowProvider unheard = TemporalHarness.provider(new WorkflowAction.Start(
                new WorkflowStart("Order", queue, IdReusePolicy.REJECT_DUPLICATE, null), IdConflictPolicy.FAIL));

        assertThat(temporal.send(unheard, row(order, "wait"))).isInstanceOf(Outcome.Accepted.class);

        assertThat(temporal.channel(unheard).concern("orders"))
                .isEqualTo(new Channel.Concern(
                        "no worker polls task queue " + queue + " in namespace default: workflows are started there and"
                                + " wait",
                        "start its workers, or correct the setting task-queue"));
        await().untilAsserted(() ->
                assertThat(temporal.channel(start()).concern("orders")).isNull());
    }

    @Test
    void theIdOfAMessageIsTheWorkflowsWhereTheKeyMakesIt() {
        UUID key = UUID.randomUUID();
        WorkflowProvider byKey = new WorkflowProvider(
                "orders", null, "default", start().action(), new IdTemplate("order-{key}"), Arguments.PAYLOAD);

        assertThat(temporal.channel(byKey).messageId(key, "orders")).isEqualTo("order-" + key);
        assertThat(temporal.channel(start()).messageId(key, "orders")).isEqualTo(key.toString());
    }
}
