package dev.tempost.worker;

import java.time.Duration;

/**
 * How the Temporal worker works.
 *
 * @param taskQueue the Temporal task queue deliveries run on
 * @param concurrency how many sends may run at the same time, local and durable ones each
 * @param grace how long a shutdown waits for sends under way
 */
public record WorkerSettings(String taskQueue, int concurrency, Duration grace) {}
