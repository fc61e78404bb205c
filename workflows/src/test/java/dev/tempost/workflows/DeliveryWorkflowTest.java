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
import static io.temporal.api.enums.v1.EventType.EVENT_TYPE_TIMER_STARTED;
import static io.temporal.api.enums.v1.EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES;
import static io.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED;
import static io.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED;
import static io.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.tempost.workflows.ScriptedActivities.Marked;
import dev.tempost.workflows.ScriptedActivities.Sent;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.enums.v1.IndexedValueType;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.history.v1.ActivityTaskScheduledEventAttributes;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.sdk.v1.WorkflowMetadata;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.common.SearchAttributeKey;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.testing.TestEnvironmentOptions;
import io.temporal.testing.TestWorkflowEnvironment;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class DeliveryWorkflowTest {

    private static final String QUEUE = "deliveries";
    private static final String RATE_LIMITED = "deliveries-provider-ses";
    private static final String KEY = "0b5f4f0e-6a55-4f3e-9d0a-0c8c3a1d2e4f";
    private static final SearchAttributeKey<String> FAILURE_TYPE = SearchAttributeKey.forKeyword("TempostFailureType");
    private static final int URGENT = 1;
    private static final DeliveryPolicy POLICY = new DeliveryPolicy(
            Duration.ofSeconds(10), 3, Duration.ofMinutes(2), 8, Duration.ofSeconds(30), false, null);

    private final TestWorkflowEnvironment temporal =
            TestWorkflowEnvironment.newInstance(TestEnvironmentOptions.newBuilder()
                    .setWorkerFactoryOptions(Impatience.options())
                    .build());
    private final ScriptedActivities activities = new ScriptedActivities(temporal::currentTimeMillis);
    private final WorkflowStub delivery = temporal.getWorkflowClient()
            .newUntypedWorkflowStub(
                    DeliveryWorkflow.TYPE,
                    WorkflowOptions.newBuilder()
                            .setTaskQueue(QUEUE)
                            .setWorkflowId("delivery:default:1:0b5f4f0e")
                            .build());

    @BeforeEach
    void start() {
        var worker = temporal.newWorker(QUEUE);
        worker.registerWorkflowImplementationFactory(
                DeliveryWorkflow.class, () -> new DeliveryWorkflowImpl(FAILURE_TYPE));
        temporal.registerSearchAttribute(FAILURE_TYPE.getName(), IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD);
        worker.registerActivitiesImplementations(activities);
        temporal.newWorker(RATE_LIMITED).registerActivitiesImplementations(activities);
        temporal.start();
    }

    @AfterEach
    void stop() {
        temporal.close();
    }

    @Test
    void aFirstTryDeliveryRunsOneLocalActivityAndCompletes() {
        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.DELIVERED, null));

        assertThat(activities.sent()).singleElement().satisfies(only -> {
            assertThat(only.local()).isTrue();
            assertThat(only.reset()).isFalse();
        });
        assertThat(activities.marked()).isEmpty();
        assertThat(history()).hasSizeLessThanOrEqualTo(7);
        assertThat(eventTypes()).doesNotContain(EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EVENT_TYPE_TIMER_STARTED);
    }

    @Test
    void aTransientFailureIsCarriedIntoADurableActivityThatSendsNothingAtFirst() {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofMinutes(5)));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.carried())
                .containsExactly(new CarriedFailure(FailureType.GREYLISTED, "451 try again", Duration.ofMinutes(5)));
        assertThat(activities.sent()).extracting(Sent::local).containsExactly(true, false);
        assertThat(activities.sent()).extracting(Sent::attempt).containsExactly(1, 2);
        assertThat(eventTypes()).containsOnlyOnce(EVENT_TYPE_ACTIVITY_TASK_SCHEDULED);
    }

    @Test
    void theWaitOfAnAttemptThatNamedNoneDoesNotGrowWithTheAttemptsBefore() {
        activities.sends(
                transientFailure(FailureType.PAUSED, Duration.ofSeconds(20)),
                transientFailure(FailureType.PAUSED, Duration.ofSeconds(20)),
                transientFailure(FailureType.PAUSED, Duration.ofSeconds(20)),
                transientFailure(FailureType.ATTEMPT_IN_PROGRESS, null));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(waits())
                .containsExactly(20L, 20L, 20L, POLICY.initialInterval().toSeconds());
    }

    @Test
    void theWaitThatAFailureNamesIsHonoured() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, Duration.ofMinutes(7)),
                transientFailure(FailureType.THROTTLED, Duration.ofMinutes(25)));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(waits()).containsExactly(7 * 60L, 25 * 60L);
    }

    @Test
    void aPermanentFailureMarksTheRowAndThenFailsTheWorkflowWithItsType() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN));

        assertFailed(FailureType.MAILBOX_UNKNOWN, "550 no such mailbox");

        assertThat(activities.sent()).hasSize(1);
        assertThat(onlyMark())
                .isEqualTo(
                        mark(DeliveryOutcome.FAILED, FailureType.MAILBOX_UNKNOWN, "550 no such mailbox", null, null));
        assertThat(eventTypes()).doesNotContain(EVENT_TYPE_ACTIVITY_TASK_SCHEDULED);
    }

    @Test
    void aPermanentFailureOfALaterAttemptEndsTheSameWay() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null), permanentFailure(FailureType.MESSAGE_REJECTED));

        assertFailed(FailureType.MESSAGE_REJECTED, "550 no such mailbox");

        assertThat(onlyMark().failureType()).isEqualTo(FailureType.MESSAGE_REJECTED);
    }

    @Test
    void aCancelBeforeTheFirstAttemptSendsNothing() {
        delivery.signalWithStart("cancel", new Object[] {"job 7 was withdrawn"}, new Object[] {request()});

        assertThat(result()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.CANCELLED, "job 7 was withdrawn"));
        assertThat(activities.sent()).isEmpty();
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "job 7 was withdrawn", null));
    }

    @Test
    void aCancelDuringABackoffEndsTheWaitAtOnce() {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)));
        delivery.start(request());
        temporal.sleep(Duration.ofMinutes(1));

        delivery.signal("cancel", "no longer wanted");

        assertThat(result()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.CANCELLED, "no longer wanted"));
        // one that waited on would have sent again after the hour
        assertThat(activities.sent()).hasSize(1);
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "no longer wanted", null));
    }

    @Test
    void aCancelWithoutAReasonIsACancel() {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)));
        delivery.signalWithStart("cancel", new Object[0], new Object[] {request()});

        assertThat(result().outcome()).isEqualTo(DeliveryOutcome.CANCELLED);
        assertThat(activities.sent()).isEmpty();
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "cancelled by signal", null));
    }

    @Test
    void aSendUnderWayThatIsAcceptedAfterACancelIsDeliveredAndTheRowIsTold() {
        activities
                .sends(
                        transientFailure(FailureType.GREYLISTED, null),
                        during(heeded(() -> delivery.signal("cancel", "too late")), accepted()))
                .marks(answered(DeliveryOutcome.DELIVERED));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).hasSize(2);
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "too late", null));
    }

    @Test
    void aSendUnderWayThatFailsAfterACancelIsNotRepeated() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null),
                during(
                        heeded(() -> delivery.signal("cancel", "in time")),
                        permanentFailure(FailureType.MAILBOX_UNKNOWN)));

        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.CANCELLED, "in time"));

        assertThat(activities.sent()).hasSize(2);
        assertThat(onlyMark().outcome()).isEqualTo(DeliveryOutcome.CANCELLED);
    }

    @Test
    void aLocalSendUnderWayThatIsAcceptedAfterACancelIsDeliveredOnce() {
        activities
                .sends(during(() -> delivery.signal("cancel", "too late"), accepted()))
                .marks(answered(DeliveryOutcome.DELIVERED));

        assertThat(deliverInRealTime().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).hasSize(1);
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "too late", null));
    }

    @Test
    void temporalsOwnCancelEndsCanceledAfterMarkingTheRow() {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)));
        delivery.start(request());
        temporal.sleep(Duration.ofMinutes(1));

        delivery.cancel();

        WorkflowFailedException ended = failedResult();
        assertThat(ended).hasCauseInstanceOf(CanceledFailure.class);
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_CANCELED);
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "cancelled in Temporal", null));
        assertThat(activities.marked().getFirst().local()).isTrue();
    }

    @Test
    void temporalsOwnCancelTellsTheRowEvenWhileTheDatabaseIsAway() {
        activities
                .sends(transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)))
                .marks(databaseAway(), databaseAway());
        delivery.start(request());
        temporal.sleep(Duration.ofMinutes(1));

        delivery.cancel();

        assertThat(failedResult()).hasCauseInstanceOf(CanceledFailure.class);
        assertThat(activities.marked()).extracting(Marked::local).containsExactly(true, false, false);
    }

    @Test
    void aSendUnderWayThatIsAcceptedAfterTemporalsOwnCancelTellsTheRowThatTheCancelCameTooLate() {
        activities
                .sends(transientFailure(FailureType.GREYLISTED, null), during(heeded(delivery::cancel), accepted()))
                .marks(answered(DeliveryOutcome.DELIVERED));
        delivery.start(request());

        failedResult();

        assertThat(activities.sent()).hasSize(2);
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "cancelled in Temporal", null));
        // the SDK ends every run canceled that was asked to; the row is what counts
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_CANCELED);
    }

    @Test
    void aRowThatTheGateFindsExpiredEndsExpiredAndNeverAsAFailure() {
        activities.sends(transientFailure(FailureType.GREYLISTED, null), settled(DeliveryOutcome.EXPIRED));

        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.EXPIRED, null));

        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assertThat(activities.marked()).isEmpty();
    }

    @Test
    void whatTheGateSettledIsTheOutcomeAndNeedsNoMark() {
        activities.sends(settled(DeliveryOutcome.SUPERSEDED));

        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.SUPERSEDED, null));

        assertThat(activities.marked()).isEmpty();
    }

    @Test
    void anUnrecordedReceiptIsMarkedDelivered() {
        Receipt receipt = new Receipt(1, "smtp", "250 queued", "4ABC");
        activities.sends(acceptedUnrecorded(receipt));

        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.DELIVERED, null));

        assertThat(activities.sent()).hasSize(1);
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.DELIVERED, null, null, null, receipt));
    }

    @Test
    void anUnrecordedReceiptOutlivesADatabaseOutageInOneDurableActivity() {
        Receipt receipt = new Receipt(1, "smtp", "250 queued", null);
        activities.sends(acceptedUnrecorded(receipt)).marks(databaseAway(), databaseAway(), databaseAway());

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).hasSize(1);
        assertThat(activities.marked()).extracting(Marked::local).containsExactly(true, false, false, false);
        assertThat(activities.marked())
                .extracting(mark -> mark.request().receipt())
                .containsOnly(receipt);
        assertThat(eventTypes()).containsOnlyOnce(EVENT_TYPE_ACTIVITY_TASK_SCHEDULED);
    }

    @Test
    void aFailureMarkedByADurableActivityIsAskedForOnceMoreInTheLastWorkflowTask() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN)).marks(databaseAway());

        assertFailed(FailureType.MAILBOX_UNKNOWN, "550 no such mailbox");

        assertThat(activities.marked()).extracting(Marked::local).containsExactly(true, false, true);
    }

    @Test
    void aMissingRowFailsAsRowMissing() {
        activities.sends(permanentFailure(FailureType.ROW_MISSING)).marks(answered(DeliveryOutcome.MISSING));

        assertFailed(FailureType.ROW_MISSING, "row 1 with this key is gone; nothing was marked");
    }

    @Test
    void aRowThatAnotherRunDeliveredIsDelivered() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN)).marks(answered(DeliveryOutcome.DELIVERED));

        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.DELIVERED, null));
    }

    @Test
    void aFailureOfARowWhoseCancelWasAskedForEndsCancelled() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN)).marks(answered(DeliveryOutcome.CANCELLED));

        assertThat(deliver()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.CANCELLED, null));
    }

    @Test
    void aCancelOfARowThatHasFailedAlreadyFails() {
        activities.marks(answered(DeliveryOutcome.FAILED));
        delivery.signalWithStart("cancel", new Object[] {"too late"}, new Object[] {request()});

        assertFailed(failedResult(), FailureType.WORKFLOW_LOST, "row 1 had failed already");
    }

    @Test
    void aRowThatIsPendingAgainFailsTheWorkflowSoThatItsIdCanStartAnew() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN)).marks(answered(DeliveryOutcome.PENDING));

        assertFailed(FailureType.ROW_NOT_DISPATCHED, "row 1 went back to pending; its next claim starts it anew");
    }

    @Test
    void anAnswerToSendAgainIsIgnoredByARunThatIsNoReset() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN)).marks(answered(DeliveryOutcome.SEND_AGAIN));

        assertFailed(FailureType.MAILBOX_UNKNOWN, "550 no such mailbox");

        assertThat(activities.sent()).hasSize(1);
        assertThat(activities.marked()).hasSize(1);
    }

    @Test
    void aRateLimitedDeliveryIsSentFromTheQueueThatHasTheLimitAndNeverLocally() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, null),
                transientFailure(FailureType.MAILBOX_UNAVAILABLE, null));

        assertThat(deliver(rateLimited(RATE_LIMITED)).outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).extracting(Sent::local).containsOnly(false);
        assertThat(activities.sent()).extracting(Sent::queue).containsOnly(RATE_LIMITED);
        assertThat(activities.sent()).extracting(Sent::attempt).containsExactly(1, 2, 3);
        assertThat(waits()).containsExactly(10L, 10L);
        assertThat(activities.carried()).isEmpty();
        assertThat(scheduled().getPriority().getPriorityKey()).isEqualTo(URGENT);
    }

    @Test
    void aRateLimitedDeliveryMarksLocallyAndUnlimited() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN));
        delivery.start(rateLimited(RATE_LIMITED));

        assertFailed(failedResult(), FailureType.MAILBOX_UNKNOWN, "550 no such mailbox");

        assertThat(activities.marked()).extracting(Marked::local).containsExactly(true);
        assertThat(onlyMark().failureType()).isEqualTo(FailureType.MAILBOX_UNKNOWN);
    }

    @Test
    void aFirstAttemptWhoseProviderGotALimitMeanwhileMovesToItsQueueAtOnce() {
        activities.sends(rateLimitedElsewhere(RATE_LIMITED));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).extracting(Sent::queue).containsExactly(QUEUE, RATE_LIMITED);
        assertThat(activities.sent()).extracting(Sent::attempt).containsExactly(1, 1);
        assertThat(waits()).containsExactly(0L);
        assertThat(activities.carried()).isEmpty();
    }

    @Test
    void aLaterAttemptWhoseProviderGotALimitMeanwhileMovesToItsQueueAndIsSentThere() {
        activities.sends(transientFailure(FailureType.GREYLISTED, null), rateLimitedElsewhere(RATE_LIMITED));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).extracting(Sent::queue).containsExactly(QUEUE, QUEUE, RATE_LIMITED);
        assertThat(waits()).containsExactly(10L, 0L);
        assertThat(activities.carried())
                .as("what the first attempt learnt is repeated once")
                .hasSize(1);
    }

    @Test
    void aRateLimitedQueueThatNobodyServesAnyMoreDoesNotHoldItsDeliveryForEver() {
        assertThat(deliver(rateLimited("deliveries-provider-gone")).outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).extracting(Sent::queue).containsExactly(QUEUE);
        assertThat(activities.sent()).extracting(Sent::local).containsExactly(false);
    }

    @Test
    void whatWasNotTakenFindsTheQueueThatItsProviderHasNow() {
        activities.sends(rateLimitedElsewhere(RATE_LIMITED));

        assertThat(deliver(rateLimited("deliveries-provider-gone")).outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(activities.sent()).extracting(Sent::queue).containsExactly(QUEUE, RATE_LIMITED);
    }

    @Test
    void aCancelReachesADeliveryThatWaitsForItsTurn() {
        delivery.start(rateLimited("deliveries-provider-slow"));
        await().until(() -> eventTypes().contains(EVENT_TYPE_ACTIVITY_TASK_SCHEDULED));

        delivery.signal("cancel", "no longer wanted");

        assertThat(result()).isEqualTo(new DeliveryResult(KEY, DeliveryOutcome.CANCELLED, "no longer wanted"));
        assertThat(activities.sent()).isEmpty();
        assertThat(onlyMark()).isEqualTo(mark(DeliveryOutcome.CANCELLED, null, null, "no longer wanted", null));
    }

    @Test
    void aDeliveryThatWaitsIsSentAtOnceWhenSomebodyAsks() {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)));
        delivery.start(request());
        temporal.sleep(Duration.ofMinutes(1));

        assertThat(sendNow()).isEqualTo(new SendNowResult(DeliveryOutcome.DELIVERED, null, null));

        assertThat(result().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);
        assertThat(activities.sent()).extracting(Sent::local).containsExactly(true, true);
        assertThat(waits().getFirst()).isLessThan(600);
    }

    @Test
    void whoeverAsksHearsWhyItWasNotAcceptedAndTheDeliveryWaitsAnew() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)),
                transientFailure(FailureType.PAUSED, Duration.ofHours(2)));
        delivery.start(request());
        temporal.sleep(Duration.ofMinutes(1));

        assertThat(sendNow()).isEqualTo(new SendNowResult(null, FailureType.PAUSED, "451 try again"));

        assertThat(result().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);
        assertThat(activities.carried()).extracting(CarriedFailure::type).containsExactly("Greylisted", "Paused");
        assertThat(waits()).hasSize(2).last().isEqualTo(2 * 3600L);
    }

    @Test
    void whoeverAsksHearsThatItWasGivenUp() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)),
                permanentFailure(FailureType.MAILBOX_UNKNOWN));
        delivery.start(request());
        temporal.sleep(Duration.ofMinutes(1));

        assertThat(sendNow())
                .isEqualTo(
                        new SendNowResult(DeliveryOutcome.FAILED, FailureType.MAILBOX_UNKNOWN, "550 no such mailbox"));

        assertFailed(failedResult(), FailureType.MAILBOX_UNKNOWN, "550 no such mailbox");
    }

    @Test
    void aSendUnderWayIsNotAskedFor() {
        List<String> refusals = new CopyOnWriteArrayList<>();
        activities.sends(during(
                () -> refusals.add(String.valueOf(catchThrowable(this::sendNow).getCause())), accepted()));

        assertThat(deliverInRealTime().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(refusals).singleElement().asString().contains("the row is being sent just now");
        assertThat(activities.sent()).hasSize(1);
    }

    @Test
    void aRateLimitedDeliveryThatSomebodyAsksForTakesItsTurn() {
        activities.sends(transientFailure(FailureType.GREYLISTED, Duration.ofHours(1)));
        delivery.start(rateLimited(RATE_LIMITED));
        temporal.sleep(Duration.ofMinutes(1));

        assertThat(sendNow()).isEqualTo(new SendNowResult(null, null, null));

        assertThat(result().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);
        assertThat(activities.sent()).extracting(Sent::queue).containsOnly(RATE_LIMITED);
        assertThat(waits().getFirst()).isLessThan(600);
    }

    @Test
    void whyADeliveryWaitsIsShownAndFoundAndFollowsWhatChanges() {
        activities.sends(
                transientFailure(FailureType.GREYLISTED, Duration.ofMinutes(5)),
                failureChanged(FailureType.PROVIDER_UNAVAILABLE, Duration.ofMinutes(7)));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(shownTypes()).containsExactly(FailureType.GREYLISTED, FailureType.PROVIDER_UNAVAILABLE);
        assertThat(waits()).containsExactly(5 * 60L, 7 * 60L);
        String details = delivery.query("__temporal_workflow_metadata", WorkflowMetadata.class)
                .getCurrentDetails();
        assertThat(details)
                .contains(
                        "**Greylisted**: 451 try again", "**ProviderUnavailable**: 451 try again", "./tempost show 1");
    }

    @Test
    void whatPassesBySoonIsNotShown() {
        activities.sends(transientFailure(FailureType.NOT_ITS_TURN, Duration.ofSeconds(1)));

        assertThat(deliver().outcome()).isEqualTo(DeliveryOutcome.DELIVERED);

        assertThat(shownTypes()).isEmpty();
    }

    @Test
    void aDeadLetterIsFoundByItsFailureType() {
        activities.sends(permanentFailure(FailureType.MAILBOX_UNKNOWN));

        assertFailed(FailureType.MAILBOX_UNKNOWN, "550 no such mailbox");

        assertThat(shownTypes()).containsExactly(FailureType.MAILBOX_UNKNOWN);
    }

    private SendNowResult sendNow() {
        return delivery.update(DeliveryWorkflow.SEND_NOW, SendNowResult.class);
    }

    private List<String> shownTypes() {
        return history().stream()
                .filter(event -> event.getEventType() == EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)
                .map(event -> event.getUpsertWorkflowSearchAttributesEventAttributes()
                        .getSearchAttributes()
                        .getIndexedFieldsOrThrow(FAILURE_TYPE.getName())
                        .getData()
                        .toStringUtf8()
                        .replace("\"", ""))
                .toList();
    }

    private DeliveryResult deliver() {
        return deliver(request());
    }

    /** Without skipping time, which on a crowded machine takes a local activity under way for a pause, and skips years. */
    private DeliveryResult deliverInRealTime() {
        delivery.start(request());
        return WorkflowClient.newInstance(temporal.getWorkflowServiceStubs())
                .newUntypedWorkflowStub(
                        Objects.requireNonNull(delivery.getExecution()).getWorkflowId())
                .getResult(DeliveryResult.class);
    }

    private DeliveryResult deliver(DeliveryRequest request) {
        delivery.start(request);
        return result();
    }

    private DeliveryResult result() {
        return delivery.getResult(DeliveryResult.class);
    }

    private WorkflowFailedException failedDelivery() {
        delivery.start(request());
        return failedResult();
    }

    private WorkflowFailedException failedResult() {
        return catchThrowableOfType(WorkflowFailedException.class, this::result);
    }

    private void assertFailed(String type, String message) {
        assertFailed(failedDelivery(), type, message);
    }

    private void assertFailed(WorkflowFailedException ended, String type, String message) {
        assertThat(status()).isEqualTo(WORKFLOW_EXECUTION_STATUS_FAILED);
        assertThat(ended.getCause()).isInstanceOfSatisfying(ApplicationFailure.class, failure -> {
            assertThat(failure.getType()).isEqualTo(type);
            assertThat(failure.getOriginalMessage()).isEqualTo(message);
            assertThat(failure.isNonRetryable()).isTrue();
        });
        assertThat(history()
                        .getLast()
                        .getWorkflowExecutionFailedEventAttributes()
                        .getFailure()
                        .getStackTrace())
                .as("a stack trace in the history")
                .isEmpty();
    }

    private MarkRequest onlyMark() {
        assertThat(activities.marked()).hasSize(1);
        return activities.marked().getFirst().request();
    }

    /** The cancel, and its way through the workflow to the durable send under way. */
    private Runnable heeded(Runnable cancel) {
        return () -> {
            cancel.run();
            await().until(() -> eventTypes().contains(EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED));
        };
    }

    private WorkflowExecutionStatus status() {
        return delivery.describe().getStatus();
    }

    private List<HistoryEvent> history() {
        return temporal.getWorkflowClient()
                .fetchHistory(delivery.getExecution().getWorkflowId())
                .getEvents();
    }

    /** How the server was asked to run the durable send. */
    private ActivityTaskScheduledEventAttributes scheduled() {
        return history().stream()
                .filter(event -> event.getEventType() == EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
                .findFirst()
                .orElseThrow()
                .getActivityTaskScheduledEventAttributes();
    }

    private List<EventType> eventTypes() {
        return history().stream().map(HistoryEvent::getEventType).toList();
    }

    /** The whole seconds between one send and the next. */
    private List<Long> waits() {
        List<Sent> sent = activities.sent();
        return IntStream.range(1, sent.size())
                .mapToObj(i ->
                        Math.round((sent.get(i).atMillis() - sent.get(i - 1).atMillis()) / 1000.0))
                .toList();
    }

    private static DeliveryRequest request() {
        return new DeliveryRequest(1, KEY, "default", "welcome", 3, POLICY);
    }

    private static DeliveryRequest rateLimited(String queue) {
        DeliveryPolicy policy = new DeliveryPolicy(
                POLICY.initialInterval(),
                POLICY.factor(),
                POLICY.maxInterval(),
                POLICY.maxAttempts(),
                POLICY.attemptDeadline(),
                POLICY.parkWhenAmbiguous(),
                queue);
        return new DeliveryRequest(1, KEY, "default", "welcome", URGENT, policy);
    }

    private static MarkRequest mark(
            DeliveryOutcome outcome,
            @Nullable String type,
            @Nullable String message,
            @Nullable String reason,
            @Nullable Receipt receipt) {
        return new MarkRequest(1, KEY, "default", "welcome", false, outcome, type, message, reason, receipt);
    }
}
