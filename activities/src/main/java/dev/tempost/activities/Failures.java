package dev.tempost.activities;

import dev.tempost.workflows.CarriedFailure;
import dev.tempost.workflows.FailureType;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** What an activity tells its workflow. Whatever is worth another attempt says when: Temporal's own backoff would count waiting too. */
final class Failures {

    private static final Duration SHORTEST = Duration.ofMillis(1);

    private Failures() {}

    static ApplicationFailure retryable(String type, String message, @Nullable Duration retryAfter) {
        ApplicationFailure.Builder failure =
                ApplicationFailure.newBuilder().setType(type).setMessage(message);
        if (retryAfter != null) {
            // asked for another attempt at once, Temporal makes none at all
            failure.setNextRetryDelay(retryAfter.isPositive() ? retryAfter : SHORTEST);
        }
        return withoutStackTrace(failure.build());
    }

    static ApplicationFailure nonRetryable(String type, String message) {
        return withoutStackTrace(ApplicationFailure.newBuilder()
                .setType(type)
                .setMessage(message)
                .setNonRetryable(true)
                .build());
    }

    static ApplicationFailure rateLimitedElsewhere(String provider, String queue) {
        return withoutStackTrace(ApplicationFailure.newBuilder()
                .setType(FailureType.RATE_LIMITED_ELSEWHERE)
                .setMessage(
                        "nothing was sent: the rate limit of provider " + provider + " applies to task queue " + queue)
                .setNonRetryable(true)
                .setDetails(queue)
                .build());
    }

    /**
     * What a workflow is told of a failure, which shows what it knows: one worth another attempt ends the activity when it is another
     * than the workflow knows.
     *
     * @param known the failure type that it shows; null when it need not hear of others
     */
    static ApplicationFailure shownBy(@Nullable String known, ApplicationFailure failure) {
        String type = failure.getType();
        if (known == null || failure.isNonRetryable() || type.equals(known) || !FailureType.isWorthShowing(type)) {
            return failure;
        }
        return withoutStackTrace(ApplicationFailure.newBuilder()
                .setType(FailureType.FAILURE_CHANGED)
                .setMessage(failure.getOriginalMessage())
                .setNonRetryable(true)
                .setDetails(new CarriedFailure(type, failure.getOriginalMessage(), failure.getNextRetryDelay()))
                .build());
    }

    /** A wait that no message is to blame for: short, and not the same for all that wait. */
    static Duration soon(Duration shortest, Duration longest) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(shortest.toMillis(), longest.toMillis() + 1));
    }

    /** While PostgreSQL is away: it must not be met by all at once when it comes back. */
    static Duration untilPostgresqlMayBeBack() {
        return soon(Duration.ofSeconds(5), Duration.ofSeconds(15));
    }

    /** Where a refusal was noticed in our code tells an operator nothing, and every history would carry it. */
    private static ApplicationFailure withoutStackTrace(ApplicationFailure failure) {
        failure.setStackTrace(new StackTraceElement[0]);
        return failure;
    }
}
