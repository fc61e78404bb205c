package dev.tempost.worker;

import io.temporal.common.SearchAttributeKey;
import java.util.Map;

/**
 * How the Temporal worker works.
 *
 * @param taskQueue the Temporal task queue deliveries run on
 * @param connections how many messages this process can send at the same time, all providers together
 * @param rateLimitedQueues the task queues of providers with a rate limit, and how many sends a second all workers together may
 *     take from each
 * @param failureType the search attribute that shows why a delivery fails
 */
public record WorkerSettings(
        String taskQueue,
        int connections,
        Map<String, Double> rateLimitedQueues,
        SearchAttributeKey<String> failureType) {

    private static final int LEAST_SLOTS = 200;

    /**
     * How many sends may be under way or wait for a connection, local and durable ones each, and as many workflow tasks, each of
     * which lasts as long as its local send. Sends are limited where connections are: as long as slots are left, a provider that
     * is slow keeps nobody else's messages from theirs. A starter claims for a provider less than twice its connections; the rest
     * is for what other replicas start and what is retried. A slot that waits costs a virtual thread.
     */
    int slots() {
        return Math.max(LEAST_SLOTS, 4 * connections);
    }
}
