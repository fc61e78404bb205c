package dev.tempost.workflows;

import static dev.tempost.workflows.ScriptedActivities.accepted;
import static dev.tempost.workflows.ScriptedActivities.acceptedUnrecorded;
import static dev.tempost.workflows.ScriptedActivities.answered;
import static dev.tempost.workflows.ScriptedActivities.databaseAway;
import static dev.tempost.workflows.ScriptedActivities.during;
import static dev.tempost.workflows.ScriptedActivities.failureChanged;
import static dev.tempost.workflows.ScriptedActivities.permanentFailure;
import static dev.tempost.workflows.ScriptedActivities.rateLimitedElsewhere;
import static dev.tempost.workflows.ScriptedActivities.settled;
import static dev.tempost.workflows.ScriptedActivities.transientFailure;
import static io.temporal.api.enums.v1.EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED;
import static io.temporal.api.enums.v1.EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED;
import static io.temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
import static io.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED;
import static io.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED;
import static io.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.workflows.ScriptedActivities.Sent;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowTargetOptions;
import io.temporal.common.SearchAttributeKey;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.worker.WorkerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Records what {@link ReplayTest} replays, from a real server: {@code temporal server start-dev --search-attribute TempostFailureType=Keyword},
 * then
 * {@code ./mvnw -pl workflows -am test -Dtest=RecordHistoriesTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dtempost.record=localhost:7233}. A history that is there already is kept: delete it to record it anew.
 */
@EnabledIfSystemProperty(named = "tempost.record", matches = ".+")
@Timeout(60)
@Execution(ExecutionMode.SAME_THREAD)
class RecordHistoriesTest {

    private static final Path HISTORIES = Path.of("src/test/resources/histories");
    private static final String IDENTITY = "recorder";
    private static final String NAMESPACE = "default";
    private static final String QUEUE = "recorded-deliveries";
    private static final String RATE_LIMITED = "recorded-deliveries-provider-ses";
    private static final String KEY = "0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f";
    private static final DeliveryPolicy POLICY = new DeliveryPolicy(
            Duration.ofMillis(200), 2, Duration.ofSeconds(1), 8, Duration.ofSeconds(30), false, null);
    private static final Duration LONG = Duration.ofHours(1);

    private final WorkflowServiceStubs service =
            WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder()
                    .setTarget(System.getProperty("tempost.record", ""))
                    .build());
    private final WorkflowClient client = WorkflowClient.newInstance(
            service,
            WorkflowClientOptions.newBuilder()
                    .setNamespace(NAMESPACE)
                    .setIdentity(IDENTITY)
                    .build());
    private final WorkerFactory workers = WorkerFactory.newInstance(client, Impatience.options());
    private final ScriptedActivities activities = new ScriptedActivities(System::currentTimeMillis);
    private WorkflowStub delivery = client.newUntypedWorkflowStub(
            DeliveryWorkflow.TYPE,
            WorkflowOptions.newBuilder()
                    .setTaskQueue(QUEUE)
                    .setWorkflowId(
                            "delivery:default:1:" + UUID.randomUUID().toString().substring(0, 8))
                    .build());

    @BeforeEach
    void start() {
        Worker worker = workers.newWorker(
                QUEUE, WorkerOptions.newBuilder().setIdentity(IDENTITY).build());
        worker.registerWorkflowImplementationFactory(
                DeliveryWorkflow.class,
                () -> new DeliveryWorkflowImpl(SearchAttributeKey.forKeyword("TempostFailureType")));
        worker.registerActivitiesImplementations(activities);
        workers.newWorker(
                        RATE_LIMITED,
                        WorkerOptions.newBuilder().setIdentity(IDENTITY).build())
                .registerActivitiesImplementations(activities);
        workers.start();
    }

    @AfterEach
    void stop() {
        workers.shutdownNow();
        service.shutdownNow();
    }

    @Test
    void deliveredAtFirstTry() throws IOException {
        deliver();
        record("delivered-at-first-try", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredAfterTwoTransientFailures() throws IOException {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, Duration.ofMillis(300)),
                transientFailure(FailureType.MAILBOX_UNAVAILABLE, null));
        deliver();
        record("delivered-after-two-transient-failures", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredAtItsTurnAfterATransientFailure() throws IOException {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofMillis(300)));
        delivery.start(rateLimited(RATE_LIMITED));
        record("delivered-at-its-turn-after-a-transient-failure", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredFromTheQueueItWasSentTo() throws IOException {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null),
                rateLimitedElsewhere(RATE_LIMITED),
                transientFailure(FailureType.GREYLISTED, null));
        deliver();
        record("delivered-from-the-queue-it-was-sent-to", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredAlthoughNobodyServesItsQueue() throws IOException {
        delivery.start(rateLimited("recorded-deliveries-provider-gone"));
        record("delivered-although-nobody-serves-its-queue", WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(activities.sent()).extracting(Sent::queue).containsExactly(QUEUE);
    }

    @Test
    void cancelledBySignalBeforeItsTurn() throws IOException {
        delivery.start(rateLimited("recorded-deliveries-provider-gone"));
        await().until(() ->
                events().stream().anyMatch(event -> event.getEventType() == EVENT_TYPE_ACTIVITY_TASK_SCHEDULED));
        delivery.signal("cancel", "no longer wanted");
        record("cancelled-by-signal-before-its-turn", WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(activities.sent()).isEmpty();
    }

    @Test
    void expiredAtItsTurn() throws IOException {
        activities.sends(settled(DeliveryOutcome.EXPIRED));
        delivery.start(rateLimited(RATE_LIMITED));
        record("expired-at-its-turn", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void failedPermanently() throws IOException {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN));
        deliver();
        record("failed-permanently", WORKFLOW_EXECUTION_STATUS_FAILED);
    }

    @Test
    void cancelledBySignalWhileWaiting() throws IOException {
        activities.sends(transientFailure(FailureType.GREYLISTED, LONG));
        delivery.start(request());
        awaitBackoff();
        delivery.signal("cancel", "no longer wanted");
        record("cancelled-by-signal-while-waiting", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void cancelledByTemporalWhileWaiting() throws IOException {
        activities.sends(transientFailure(FailureType.GREYLISTED, LONG));
        delivery.start(request());
        awaitBackoff();
        delivery.cancel();
        record("cancelled-by-temporal-while-waiting", WORKFLOW_EXECUTION_STATUS_CANCELED);
    }

    @Test
    void cancelledWhileADurableSendFails() throws IOException {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null),
                during(
                        heeded(() -> delivery.signal("cancel", "in time")),
                        transientFailure(FailureType.GREYLISTED, null)));
        deliver();
        assertThat(activities.sent()).hasSize(2);
        record("cancelled-while-a-durable-send-fails", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredAlthoughCancelledBySignal() throws IOException {
        activities
                .sends(
                        transientFailure(FailureType.GREYLISTED, null),
                        during(heeded(() -> delivery.signal("cancel", "too late")), accepted()))
                .marks(answered(DeliveryOutcome.DELIVERED));
        deliver();
        record("delivered-although-cancelled-by-signal", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredAtFirstTryAlthoughCancelledBySignal() throws IOException {
        activities
                .sends(during(() -> delivery.signal("cancel", "too late"), accepted()))
                .marks(answered(DeliveryOutcome.DELIVERED));
        deliver();
        assertThat(activities.sent()).hasSize(1);
        record("delivered-at-first-try-although-cancelled-by-signal", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredAlthoughCancelledByTemporal() throws IOException {
        activities
                .sends(transientFailure(FailureType.GREYLISTED, null), during(delivery::cancel, accepted()))
                .marks(answered(DeliveryOutcome.DELIVERED));
        deliver();
        assertThat(activities.marked()).hasSize(1);
        record("delivered-although-cancelled-by-temporal", WORKFLOW_EXECUTION_STATUS_CANCELED);
    }

    @Test
    void expired() throws IOException {
        activities.sends(transientFailure(FailureType.GREYLISTED, null), settled(DeliveryOutcome.EXPIRED));
        deliver();
        record("expired", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void sentNow() throws IOException {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, LONG), transientFailure(FailureType.GREYLISTED, LONG));
        delivery.start(request());
        awaitBackoff();
        sendNow();
        awaitBackoff();
        sendNow();
        record("sent-now", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void resetAfterItWasSentNow() throws IOException {
        activities.sends(transientFailure(FailureType.GREYLISTED, LONG));
        delivery.start(request());
        awaitBackoff();
        sendNow();
        awaitEnd();

        reset(firstTask());

        assertThat(activities.sent()).hasSize(3);
        record("reset-after-it-was-sent-now", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    /** The server of the SDK's tests forgets an activity that fails after it was asked to stop. */
    @Test
    void askedForWhileADurableSendFails() throws IOException {
        List<SendNowResult> answers = new CopyOnWriteArrayList<>();
        Thread asking = new Thread(() -> answers.add(sendNow()));
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null),
                during(heeded(asking::start), transientFailure(FailureType.GREYLISTED, null)));
        deliver();
        await().until(() -> answers.size() == 1);
        assertThat(answers).containsExactly(new SendNowResult(null, FailureType.GREYLISTED, "451 try again"));
        assertThat(activities.sent()).hasSize(3);
        record("asked-for-while-a-durable-send-fails", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    private SendNowResult sendNow() {
        return delivery.update(DeliveryWorkflow.SEND_NOW, SendNowResult.class);
    }

    @Test
    void failedForAnotherReasonThenDelivered() throws IOException {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null),
                failureChanged(FailureType.PROVIDER_UNAVAILABLE, Duration.ofMillis(200)));
        deliver();
        record("failed-for-another-reason-then-delivered", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void deliveredWhileTheDatabaseWasAway() throws IOException {
        activities
                .sends(acceptedUnrecorded(new Receipt(1, "smtp", "250 queued", null)))
                .marks(databaseAway());
        deliver();
        record("delivered-while-the-database-was-away", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void resetToFirstTaskThenDelivered() throws IOException {
        activities.sends(transientFailure(FailureType.GREYLISTED, null), permanentFailure(FailureType.MAILBOX_UNKNOWN));
        deliver();
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_FAILED);

        reset(firstTask());

        assertThat(activities.sent()).extracting(Sent::reset).containsExactly(false, false, true);
        record("reset-to-first-task-then-delivered", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void resetToLastTaskThenDelivered() throws IOException {
        activities
                .sends(transientFailure(FailureType.GREYLISTED, null), permanentFailure(FailureType.MAILBOX_UNKNOWN))
                .marks(answered(DeliveryOutcome.FAILED), RecordHistoriesTest::sendAgainWhenReset);
        deliver();
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_FAILED);

        reset(lastTask());

        assertThat(activities.sent()).extracting(Sent::reset).containsExactly(false, false, true);
        record("reset-to-last-task-then-delivered", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void resetToLastTaskFailedAgainAndResetToLastTaskOnceMore() throws IOException {
        activities
                .sends(
                        transientFailure(FailureType.GREYLISTED, null),
                        permanentFailure(FailureType.MAILBOX_UNKNOWN),
                        transientFailure(FailureType.GREYLISTED, null),
                        permanentFailure(FailureType.MAILBOX_UNKNOWN))
                .marks(
                        RecordHistoriesTest::sendAgainWhenReset,
                        RecordHistoriesTest::sendAgainWhenReset,
                        RecordHistoriesTest::sendAgainWhenReset,
                        RecordHistoriesTest::sendAgainWhenReset);
        deliver();
        reset(lastTask());
        assertThat(activities.sent()).hasSize(4);
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_FAILED);

        reset(lastTask());

        assertThat(activities.sent()).hasSize(5);
        record("reset-to-last-task-twice-then-delivered", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    @Test
    void resetToLastTaskOfAFailureThatWasMarkedWhileTheDatabaseWasAway() throws IOException {
        activities
                .sends(permanentFailure(FailureType.MAILBOX_UNKNOWN))
                .marks(
                        databaseAway(),
                        answered(DeliveryOutcome.FAILED),
                        answered(DeliveryOutcome.FAILED),
                        RecordHistoriesTest::sendAgainWhenReset);
        deliver();
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_FAILED);

        reset(lastTask());

        assertThat(activities.sent()).hasSize(2);
        record("reset-to-last-task-after-an-outage-then-delivered", WORKFLOW_EXECUTION_STATUS_COMPLETED);
    }

    /** What the ledger answers to a failure: a run that is reset and has sent nothing itself is to send. */
    private static MarkResult sendAgainWhenReset(MarkRequest mark) {
        return new MarkResult(mark.reset() ? DeliveryOutcome.SEND_AGAIN : DeliveryOutcome.FAILED);
    }

    private void deliver() {
        delivery.start(request());
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            delivery.getResult(DeliveryResult.class);
        } catch (WorkflowFailedException recordedToo) {
            // what the status says
        }
    }

    private void reset(long taskCompletedEvent) {
        String runId = service.blockingStub()
                .resetWorkflowExecution(ResetWorkflowExecutionRequest.newBuilder()
                        .setNamespace(NAMESPACE)
                        .setWorkflowExecution(WorkflowExecution.newBuilder()
                                .setWorkflowId(delivery.getExecution().getWorkflowId()))
                        .setWorkflowTaskFinishEventId(taskCompletedEvent)
                        .setRequestId(UUID.randomUUID().toString())
                        .setReason("recorded")
                        .setIdentity(IDENTITY)
                        .build())
                .getRunId();
        delivery = client.newUntypedWorkflowStub(WorkflowTargetOptions.newBuilder()
                .setWorkflowId(delivery.getExecution().getWorkflowId())
                .setRunId(runId)
                .build());
        awaitEnd();
    }

    private long firstTask() {
        return tasks().getFirst();
    }

    private long lastTask() {
        return tasks().getLast();
    }

    private List<Long> tasks() {
        return events().stream()
                .filter(event -> event.getEventType() == EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
                .map(HistoryEvent::getEventId)
                .toList();
    }

    private List<HistoryEvent> events() {
        return client.fetchHistory(delivery.getExecution().getWorkflowId()).getEvents();
    }

    private WorkflowExecutionStatus status() {
        return delivery.describe().getStatus();
    }

    private Runnable heeded(Runnable cancel) {
        return () -> {
            cancel.run();
            await().until(() -> events().stream()
                    .anyMatch(event -> event.getEventType() == EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED));
        };
    }

    private void awaitBackoff() {
        await().until(() -> service
                .blockingStub()
                .describeWorkflowExecution(DescribeWorkflowExecutionRequest.newBuilder()
                        .setNamespace(NAMESPACE)
                        .setExecution(delivery.getExecution())
                        .build())
                .getPendingActivitiesList()
                .stream()
                .anyMatch(pending -> pending.getAttempt() == 2));
    }

    private void record(String name, WorkflowExecutionStatus end) throws IOException {
        awaitEnd();
        assertThat(status()).isEqualTo(end);
        Path file = HISTORIES.resolve(name + ".json");
        if (Files.notExists(file)) {
            Files.writeString(
                    file,
                    client.fetchHistory(delivery.getExecution().getWorkflowId()).toJson(true) + "\n");
        }
    }

    private static DeliveryRequest rateLimited(String queue) {
        return new DeliveryRequest(
                1,
                KEY,
                "default",
                "welcome",
                3,
                new DeliveryPolicy(
                        Duration.ofMillis(200), 2, Duration.ofSeconds(1), 8, Duration.ofSeconds(30), false, queue));
    }

    private static DeliveryRequest request() {
        return new DeliveryRequest(1, KEY, "default", "welcome", 3, POLICY);
    }
}
