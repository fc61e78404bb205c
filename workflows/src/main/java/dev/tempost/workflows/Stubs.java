package dev.tempost.workflows;

import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.common.Priority;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The activities as a delivery calls them. */
final class Stubs {

    // what an attempt may wait for a place to send, and longer than the database may take to answer: a receipt must
    // not be lost to a timeout of ours
    private static final Duration BESIDES_ITS_DEADLINE = Duration.ofSeconds(50);
    // three times what the activity takes between two heartbeats: one may get lost
    private static final Duration HEARTBEAT_PATIENCE = Duration.ofSeconds(15);
    private static final Duration MARKING = Duration.ofSeconds(10);
    // far longer than a row waits while its provider's limit is served; one that nobody serves any more
    // must not hold it
    static final Duration LONGEST_WAIT_FOR_A_TURN = Duration.ofMinutes(30);
    private static final RetryOptions ONCE =
            RetryOptions.newBuilder().setMaximumAttempts(1).build();

    private Stubs() {}

    static DeliveryActivities localSend(DeliveryRequest delivery) {
        return Workflow.newLocalActivityStub(
                DeliveryActivities.class,
                LocalActivityOptions.newBuilder()
                        .setStartToCloseTimeout(
                                delivery.policy().attemptDeadline().plus(BESIDES_ITS_DEADLINE))
                        .setRetryOptions(ONCE)
                        .setDoNotIncludeArgumentsIntoMarker(true)
                        .build());
    }

    /** From the workflow's own task queue, unless a queue with a limit is named. */
    static DeliveryActivities durableSend(DeliveryRequest delivery, @Nullable String rateLimitedQueue) {
        DeliveryPolicy policy = delivery.policy();
        ActivityOptions.Builder options = ActivityOptions.newBuilder()
                .setStartToCloseTimeout(policy.attemptDeadline().plus(BESIDES_ITS_DEADLINE))
                .setHeartbeatTimeout(HEARTBEAT_PATIENCE)
                .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                .setSummary(delivery.eventType() + ", row " + delivery.id())
                .setPriority(Priority.newBuilder()
                        .setPriorityKey(delivery.priority())
                        .build())
                // the activity names the wait after each of its failures. What is left is an attempt
                // whose process died: its wait must not grow with the attempts, most of which may have
                // asked the gate and sent nothing
                .setRetryOptions(RetryOptions.newBuilder()
                        .setInitialInterval(policy.initialInterval())
                        .setBackoffCoefficient(1)
                        .build());
        if (rateLimitedQueue != null) {
            options.setTaskQueue(rateLimitedQueue).setScheduleToStartTimeout(LONGEST_WAIT_FOR_A_TURN);
        }
        return Workflow.newActivityStub(DeliveryActivities.class, options.build());
    }

    static DeliveryActivities localMark() {
        return Workflow.newLocalActivityStub(
                DeliveryActivities.class,
                LocalActivityOptions.newBuilder()
                        .setStartToCloseTimeout(MARKING)
                        .setRetryOptions(ONCE)
                        .setDoNotIncludeArgumentsIntoMarker(true)
                        .build());
    }

    static DeliveryActivities durableMark() {
        return Workflow.newActivityStub(
                DeliveryActivities.class,
                ActivityOptions.newBuilder()
                        .setStartToCloseTimeout(MARKING)
                        .setSummary("mark the row")
                        .setRetryOptions(RetryOptions.newBuilder()
                                .setInitialInterval(Duration.ofSeconds(1))
                                .setMaximumInterval(Duration.ofMinutes(1))
                                .build())
                        .build());
    }
}
