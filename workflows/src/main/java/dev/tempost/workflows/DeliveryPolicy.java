package dev.tempost.workflows;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an event type is delivered, as it was configured when the delivery started.
 *
 * @param initialInterval the wait between the first attempt and the second
 * @param factor by which each wait is longer than the one before; at least 1
 * @param maxInterval the longest wait between two attempts
 * @param maxAttempts after how many attempts that reached a provider the row fails; 0 for never
 * @param attemptDeadline how long one attempt may take, on the database's clock
 * @param parkWhenAmbiguous whether an attempt that may have been accepted waits for an operator instead of being repeated
 * @param rateLimitedQueue the task queue that the rate limit of its provider applies to, from which every attempt of it is sent,
 *     the first included; null when the provider has no limit, as in every delivery started before there were any
 */
public record DeliveryPolicy(
        Duration initialInterval,
        double factor,
        Duration maxInterval,
        int maxAttempts,
        Duration attemptDeadline,
        boolean parkWhenAmbiguous,
        @Nullable String rateLimitedQueue) {

    /** The wait that follows the given attempt, counted from 1. */
    public Duration waitAfter(int attempt) {
        double millis = initialInterval.toMillis() * Math.pow(factor, Math.max(0, attempt - 1));
        return millis >= maxInterval.toMillis() ? maxInterval : Duration.ofMillis((long) millis);
    }
}
