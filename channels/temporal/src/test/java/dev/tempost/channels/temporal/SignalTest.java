package dev.tempost.channels.temporal;

import static dev.tempost.channels.temporal.TemporalHarness.newOrder;
import static dev.tempost.channels.temporal.TemporalHarness.order;
import static dev.tempost.channels.temporal.TemporalHarness.provider;
import static dev.tempost.channels.temporal.TemporalHarness.row;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.testing.Attempt;
import dev.tempost.workflows.FailureType;
import io.temporal.api.enums.v1.EventType;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a real Temporal server does with a row that signals a workflow. */
@Timeout(120)
class SignalTest {

    private static final WorkflowProvider NOTE = provider(new WorkflowAction.Signal("note"));
    private static final WorkflowProvider FINISH = provider(new WorkflowAction.Signal("finish"));
    private static final WorkflowProvider BOTH =
            provider(new WorkflowAction.SignalWithStart("note", order(IdReusePolicy.REJECT_DUPLICATE)));
    private static final WorkflowProvider BOTH_AGAIN =
            provider(new WorkflowAction.SignalWithStart("note", order(IdReusePolicy.ALLOW_DUPLICATE)));

    private final TemporalHarness temporal = new TemporalHarness();
    private final String order = newOrder();

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void aWorkflowThatRunsGetsTheSignalWithThePayload() {
        String run = temporal.startedByAnother(order, "wait");
        OutgoingMessage row = row(order, "hello");

        assertThat(temporal.send(NOTE, row)).isEqualTo(new Outcome.Accepted("signalled, run " + run, run));

        assertThat(temporal.signals(order, run)).isEqualTo(1);
        assertThat(temporal.history(order, run))
                .filteredOn(event -> event.getEventType() == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
                .singleElement()
                .satisfies(event -> assertThat(event.getWorkflowExecutionSignaledEventAttributes()
                                .getInput()
                                .getPayloads(0)
                                .getData()
                                .toStringUtf8())
                        .isEqualTo(row.payload()));
    }

    @Test
    void aSignalWhoseReplyIsLostArrivesOnce() {
        String run = temporal.startedByAnother(order, "wait");
        temporal.line.loseOneReply(() -> {});

        assertThat(temporal.send(NOTE, row(order, "hello"))).isInstanceOf(Outcome.Accepted.class);

        assertThat(temporal.line.calls())
                .containsExactly("DescribeWorkflowExecution", "SignalWorkflowExecution", "SignalWorkflowExecution");
        assertThat(temporal.signals(order, run)).isEqualTo(1);
    }

    @Test
    void aSignalThatClosedItsWorkflowIsKnownThereWhenItIsAskedForAgain() {
        temporal.startedByAnother(order, "wait");
        temporal.line.loseOneReply(() -> temporal.awaitClosed(order));
        OutgoingMessage row = row(order, "hello");

        assertThat(temporal.send(FINISH, row)).isInstanceOf(Outcome.Accepted.class);

        assertThat(temporal.send(FINISH, row)).as("a later attempt").isInstanceOf(Outcome.Accepted.class);
        assertThat(temporal.signals(order, temporal.runId(order))).isEqualTo(1);
    }

    @Test
    void aSignalThatArrivedBeforeItsWorkflowContinuedAsNewIsNotMadeAgainThere() {
        String first = temporal.startedByAnother(order, "wait");
        temporal.line.loseOneReply(() -> {
            temporal.workflow(order).signal("continueAsNew");
            temporal.awaitAnotherRun(order, first);
        });

        assertThat(temporal.send(NOTE, row(order, "hello")))
                .isEqualTo(new Outcome.Accepted("signalled, run " + first, first));

        assertThat(temporal.signals(order, first)).isEqualTo(2);
        assertThat(temporal.signals(order, temporal.runId(order))).isZero();
    }

    @Test
    void anotherRowIsAnotherSignal() {
        String run = temporal.startedByAnother(order, "wait");

        temporal.send(NOTE, row(order, "hello"));
        temporal.send(NOTE, row(order, "hello"));

        assertThat(temporal.signals(order, run)).isEqualTo(2);
    }

    @Test
    void whereNoWorkflowRunsTheRowFails() {
        assertThat(temporal.send(NOTE, row(order, "hello")))
                .isEqualTo(new Outcome.Permanent(
                        FailureType.WORKFLOW_NOT_FOUND,
                        "no workflow of this id runs: correct what its id is made of, or start it, then retry",
                        true));

        temporal.startedByAnother(order, "end");
        temporal.awaitClosed(order);

        assertThat(temporal.send(NOTE, row(order, "hello"))).isInstanceOf(Outcome.Permanent.class);
    }

    @Test
    void whenNoReplyComesBeforeTheDeadlineTheOutcomeOfASignalIsUnknown() throws Exception {
        String run = temporal.startedByAnother(order, "wait");
        temporal.line.loseAllReplies();
        TemporalChannel channel = temporal.channel(NOTE);
        OutgoingMessage row = row(order, "hello");
        Attempt attempt = Attempt.allowed();
        CompletableFuture<Outcome> sending = CompletableFuture.supplyAsync(() -> channel.send(row, attempt));
        await().until(() -> temporal.line.calls().size() > 3);

        attempt.passDeadline();

        assertThat(sending.get()).isInstanceOf(Outcome.Ambiguous.class);
        temporal.line.behave();
        assertThat(channel.send(row, Attempt.allowed())).isInstanceOf(Outcome.Accepted.class);
        assertThat(temporal.signals(order, run)).isEqualTo(1);
    }

    @Test
    void aSignalWithStartStartsWhereNoneRunsAndSignalsWhereOneDoes() {
        OutgoingMessage first = row(order, "hello");

        Outcome started = temporal.send(BOTH, first);

        String run = temporal.runId(order);
        assertThat(started).isEqualTo(new Outcome.Accepted("started with the signal, run " + run, run));
        assertThat(temporal.memo(order, "tempost_outbox_key")).hasValue("\"" + first.key() + "\"");
        assertThat(temporal.send(BOTH, row(order, "hello")))
                .isEqualTo(new Outcome.Accepted("signalled, run " + run, run));
        assertThat(temporal.signals(order, run)).isEqualTo(2);
    }

    @Test
    void aSignalWithStartWhoseReplyIsLostStartsAndSignalsOnce() {
        temporal.line.loseOneReply(() -> {});

        assertThat(temporal.send(BOTH, row(order, "hello"))).isInstanceOf(Outcome.Accepted.class);

        assertThat(temporal.signals(order, temporal.runId(order))).isEqualTo(1);
    }

    @Test
    void aSignalWithStartThatClosedItsWorkflowDoesNotStartAnother() {
        String[] run = {""};
        temporal.line.loseOneReply(() -> {
            run[0] = temporal.runId(order);
            temporal.workflow(order).signal("finish", Map.of());
            temporal.awaitClosed(order);
        });
        OutgoingMessage row = row(order, "hello");

        assertThat(temporal.send(BOTH_AGAIN, row)).isInstanceOf(Outcome.Accepted.class);

        assertThat(temporal.send(BOTH_AGAIN, row)).as("a later attempt").isInstanceOf(Outcome.Accepted.class);
        assertThat(temporal.runId(order)).isEqualTo(run[0]);
    }

    @Test
    void aClosedWorkflowIsStartedAnewWithTheSignalWhereItsPolicySaysSo() {
        temporal.startedByAnother(order, "end");
        temporal.awaitClosed(order);

        assertThat(temporal.send(BOTH, row(order, "hello")))
                .isInstanceOfSatisfying(
                        Outcome.Permanent.class,
                        outcome -> assertThat(outcome.type()).isEqualTo(FailureType.WORKFLOW_ID_TAKEN));
        // a server may ask for a second between two
        await().untilAsserted(() -> assertThat(temporal.send(BOTH_AGAIN, row(order, "hello")))
                .isInstanceOfSatisfying(
                        Outcome.Accepted.class,
                        accepted -> assertThat(accepted.reply()).startsWith("started with the signal")));
    }
}
