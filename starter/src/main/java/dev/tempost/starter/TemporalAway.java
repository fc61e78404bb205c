package dev.tempost.starter;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Sleeper;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether Temporal is away, as the last call to it showed. While it is, nothing is claimed, and the task that claims asks again and
 * again whether it is back.
 */
final class TemporalAway {

    private static final Logger log = LoggerFactory.getLogger(TemporalAway.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    private final BooleanSupplier answers;
    private final Sleeper sleeper;
    private final AtomicInteger pauses = new AtomicInteger();
    private volatile boolean away;

    static TemporalAway of(WorkflowClient client) {
        return new TemporalAway(() -> answers(client));
    }

    private static boolean answers(WorkflowClient client) {
        try {
            client.getWorkflowServiceStubs()
                    .blockingStub()
                    .withDeadlineAfter(1, TimeUnit.SECONDS)
                    .getSystemInfo(GetSystemInfoRequest.getDefaultInstance());
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    /** @param answers asks Temporal for a sign of life */
    TemporalAway(BooleanSupplier answers) {
        this(answers, Sleeper.REAL);
    }

    TemporalAway(BooleanSupplier answers, Sleeper sleeper) {
        this.answers = answers;
        this.sleeper = sleeper;
    }

    boolean now() {
        return away;
    }

    /** A call failed. */
    void failed(RuntimeException failure) {
        if (!away) {
            away = true;
            log.warn("Claiming pauses until Temporal answers: {}", rootMessage(failure));
        }
    }

    /** A start succeeded. Only that makes the next outage begin with a short pause: a sign of life says nothing of starts. */
    void worked() {
        pauses.set(0);
    }

    /** Returns at once while Temporal answers, and else when it does again. */
    void await() throws InterruptedException {
        while (away) {
            sleeper.sleep(BACKOFF.after(pauses.getAndIncrement()));
            if (answers.getAsBoolean()) {
                away = false;
                log.info("Temporal answers: claiming goes on");
            }
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
