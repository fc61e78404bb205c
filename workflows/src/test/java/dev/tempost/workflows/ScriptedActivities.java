package dev.tempost.workflows;

import static org.assertj.core.api.Assertions.assertThat;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInfo;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Activities that do what a test says, step by step, and remember what they were asked. Without a script every send is
 * accepted and every row becomes what it is marked.
 */
final class ScriptedActivities implements DeliveryActivities {

    /** A send that reached the channel; one that only repeats a carried failure is none. */
    record Sent(int attempt, boolean local, String queue, boolean reset, long atMillis) {}

    /** A mark, and whether it ran as a local activity. */
    record Marked(MarkRequest request, boolean local) {}

    private final LongSupplier clock;
    private final Queue<Function<SendRequest, SendResult>> sendScript = new ConcurrentLinkedQueue<>();
    private final Queue<Function<MarkRequest, MarkResult>> markScript = new ConcurrentLinkedQueue<>();
    private final List<Sent> sent = new CopyOnWriteArrayList<>();
    private final List<CarriedFailure> carried = new CopyOnWriteArrayList<>();
    private final List<Marked> marked = new CopyOnWriteArrayList<>();

    ScriptedActivities(LongSupplier clock) {
        this.clock = clock;
    }

    @SafeVarargs
    final ScriptedActivities sends(Function<SendRequest, SendResult>... steps) {
        for (Function<SendRequest, SendResult> step : steps) {
            sendScript.add(step);
        }
        return this;
    }

    @SafeVarargs
    final ScriptedActivities marks(Function<MarkRequest, MarkResult>... steps) {
        for (Function<MarkRequest, MarkResult> step : steps) {
            markScript.add(step);
        }
        return this;
    }

    List<Sent> sent() {
        return sent;
    }

    /** The failures that durable attempts were handed, and repeated without sending. */
    List<CarriedFailure> carried() {
        return carried;
    }

    List<Marked> marked() {
        return marked;
    }

    @Override
    public SendResult send(SendRequest request) {
        ActivityInfo activity = Activity.getExecutionContext().getInfo();
        CarriedFailure before = request.carried();
        if (before != null && activity.getAttempt() == 1) {
            carried.add(before);
            throw retryable(before.type(), before.message(), before.retryAfter());
        }
        sent.add(new Sent(
                activity.getAttempt(),
                activity.isLocal(),
                activity.getActivityTaskQueue(),
                request.reset(),
                clock.getAsLong()));
        Function<SendRequest, SendResult> step = sendScript.poll();
        return step == null ? new SendResult(DeliveryOutcome.DELIVERED, null) : step.apply(request);
    }

    @Override
    public MarkResult mark(MarkRequest request) {
        marked.add(new Marked(request, Activity.getExecutionContext().getInfo().isLocal()));
        Function<MarkRequest, MarkResult> step = markScript.poll();
        return step == null ? new MarkResult(request.outcome()) : step.apply(request);
    }

    static Function<SendRequest, SendResult> accepted() {
        return request -> new SendResult(DeliveryOutcome.DELIVERED, null);
    }

    static Function<SendRequest, SendResult> acceptedUnrecorded(Receipt receipt) {
        return request -> new SendResult(DeliveryOutcome.DELIVERED, receipt);
    }

    static Function<SendRequest, SendResult> settled(DeliveryOutcome outcome) {
        return request -> new SendResult(outcome, null);
    }

    /** A failure that is worth another attempt, after the policy's own wait when {@code retryAfter} is null. */
    static Function<SendRequest, SendResult> transientFailure(String type, @Nullable Duration retryAfter) {
        return request -> {
            throw retryable(type, "451 try again", retryAfter);
        };
    }

    static Function<SendRequest, SendResult> permanentFailure(String type) {
        return request -> {
            throw withoutStackTrace(ApplicationFailure.newNonRetryableFailure("550 no such mailbox", type));
        };
    }

    /** What a sender says that stands in the wrong queue. */
    static Function<SendRequest, SendResult> rateLimitedElsewhere(String queue) {
        return request -> {
            throw withoutStackTrace(ApplicationFailure.newNonRetryableFailure(
                    "nothing was sent: the limit is elsewhere", FailureType.RATE_LIMITED_ELSEWHERE, queue));
        };
    }

    /** A durable send that fails with another type than its workflow shows. */
    static Function<SendRequest, SendResult> failureChanged(String type, Duration retryAfter) {
        return request -> {
            assertThat(request.known())
                    .as("what the workflow shows")
                    .isNotNull()
                    .isNotEqualTo(type);
            throw withoutStackTrace(ApplicationFailure.newNonRetryableFailure(
                    "451 try again",
                    FailureType.FAILURE_CHANGED,
                    new CarriedFailure(type, "451 try again", retryAfter)));
        };
    }

    /** Something that happens while a send is under way, before the send ends as the next step says. */
    static Function<SendRequest, SendResult> during(Runnable event, Function<SendRequest, SendResult> end) {
        return request -> {
            event.run();
            return end.apply(request);
        };
    }

    static Function<MarkRequest, MarkResult> answered(DeliveryOutcome outcome) {
        return request -> new MarkResult(outcome);
    }

    static Function<MarkRequest, MarkResult> databaseAway() {
        return request -> {
            throw retryable(FailureType.OUTBOX_UNAVAILABLE, "the database does not answer", null);
        };
    }

    private static ApplicationFailure retryable(String type, String message, @Nullable Duration retryAfter) {
        ApplicationFailure.Builder failure =
                ApplicationFailure.newBuilder().setType(type).setMessage(message);
        if (retryAfter != null) {
            failure.setNextRetryDelay(retryAfter);
        }
        return withoutStackTrace(failure.build());
    }

    private static ApplicationFailure withoutStackTrace(ApplicationFailure failure) {
        failure.setStackTrace(new StackTraceElement[0]);
        return failure;
    }
}
