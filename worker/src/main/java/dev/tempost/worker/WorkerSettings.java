package dev.tempost.worker;

import java.time.Duration;
import java.util.Map;

/**
 * How the Temporal worker works.
 *
 * @param taskQueue the Temporal task queue deliveries run on
 * @param concurrency how many sends may run at the same time, local and durable ones each
 * @param pacedQueues the task queues of providers with a rate limit, and how many sends a second all workers together may
 *     take from each
 * @param grace how long a shutdown waits for sends under way
 */
public record WorkerSettings(String taskQueue, int concurrency, Map<String, Double> pacedQueues, Duration grace) {}
