package dev.tempost.starter;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Bounds calls to Temporal, which the SDK would repeat for longer than anybody here may wait. */
final class Deadlines implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("tempost-call-deadlines").factory());

    /** Makes a call, which fails when it takes more than five seconds. */
    void call(Runnable call) {
        try (Context.CancellableContext patience =
                Context.current().withDeadline(Deadline.after(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS), timer)) {
            patience.run(call);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
