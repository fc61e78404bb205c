package dev.tempost.workflows;

import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.common.RetryOptions;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The activities as a delivery calls them. */
final class Stubs {

    // longer than the database may take to answer: a receipt must not be lost to a timeout of ours
    private static final Duration AFTER_THE_DEADLINE = Duration.ofSeconds(30);
    // three times what the activity takes between two heartbeats: one may get lost
    private static final Duration HEARTBEAT_PATIENCE = Duration.ofSeconds(15);
    private static final Duration MARKING = Duration.ofSeconds(10);
    // far longer than a row waits while its provider's limit is served; one that nobody serves any more must not hold
    // it
    static final Duration LONGEST_WAIT_FOR_A_TURN = Duration.ofMinutes(30);
    private static final Duration LEAST_TIME_TO_EXPIRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_EXPIRY = Duration.ofDays(3650);
    private static final RetryOptions ONCE =
            RetryOptions.newBuilder().setMaximumAttempts(1).build();

    private Stubs() {}

    static DeliveryActivities localSend(DeliveryRequest delivery) {
        return Workflow.newLocalActivityStub(
                DeliveryActivities.class,
                LocalActivityOptions.newBuilder()
                        .setStartToCloseTimeout(
                                delivery.policy().attemptDeadline().plus(AFTER_THE_DEADLINE))
                        .setRetryOptions(ONCE)
                        .setDoNotIncludeArgumentsIntoMarker(true)
                        .build());
    }

    /** From the workflow's own task queue, unless a queue with a limit is named. */
    static DeliveryActivities durableSend(DeliveryRequest delivery, @Nullable String pacedQueue) {
        DeliveryPolicy policy = delivery.policy();
        ActivityOptions.Builder options = ActivityOptions.newBuilder()
                .setStartToCloseTimeout(policy.attemptDeadline().plus(AFTER_THE_DEADLINE))
                .setHeartbeatTimeout(HEARTBEAT_PATIENCE)
                .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                .setSummary(delivery.eventType() + ", row " + delivery.id())
                // attempts are counted in the ledger, where waiting for a provider to come back burns none
                .setRetryOptions(RetryOptions.newBuilder()
                        .setInitialInterval(policy.initialInterval())
                        .setBackoffCoefficient(policy.factor())
                        // Temporal refuses a maximum below the first interval, and the row would wait for ever
                        .setMaximumInterval(longer(policy.initialInterval(), policy.maxInterval()))
                        .build());
        if (pacedQueue != null) {
            options.setTaskQueue(pacedQueue).setScheduleToStartTimeout(LONGEST_WAIT_FOR_A_TURN);
        }
        if (delivery.expiresAt() != null) {
            Duration left = Duration.between(Instant.ofEpochMilli(Workflow.currentTimeMillis()), delivery.expiresAt());
            // PostgreSQL's 'infinity' is further away than Temporal can count
            if (left.compareTo(LONGEST_EXPIRY) < 0) {
                options.setScheduleToCloseTimeout(longer(left, LEAST_TIME_TO_EXPIRY));
            }
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

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}
