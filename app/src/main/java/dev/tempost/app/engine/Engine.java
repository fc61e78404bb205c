package dev.tempost.app.engine;

import dev.tempost.activities.Probes;
import dev.tempost.app.failure.Explanation;
import dev.tempost.loops.Backoff;
import dev.tempost.loops.Deadline;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.starter.Poller;
import dev.tempost.worker.DeliveryWorker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Starts the roles of this process once everything they need is there, and stops them in the right order. */
public final class Engine implements SmartLifecycle {

    /** What must be in place before the first claim: the schema, and what Temporal has to know. */
    interface Preparation {
        /** Puts it in place; throws when that is not possible yet. */
        void prepare();
    }

    private static final Logger log = LoggerFactory.getLogger(Engine.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1));

    private final Preparation preparation;
    private final @Nullable Poller poller;
    private final @Nullable DeliveryWorker worker;
    private final @Nullable Probes probes;
    private final List<AutoCloseable> tools;
    private final Duration grace;
    private final RepeatingTask starting;
    private volatile boolean running;
    private volatile boolean begun;
    private volatile boolean ready;
    private final CompletableFuture<Void> refused = new CompletableFuture<>();

    /**
     * @param preparation what must be in place first; tried again and again until it does not throw
     * @param poller null when this process does not start deliveries
     * @param worker null when this process does not run deliveries
     * @param probes null when this process does not run deliveries
     * @param tools what the worker's sends use; closed after the worker
     * @param grace how long stopping may take: what is being sent then is left to its deadline
     */
    public Engine(
            Preparation preparation,
            @Nullable Poller poller,
            @Nullable DeliveryWorker worker,
            @Nullable Probes probes,
            List<AutoCloseable> tools,
            Duration grace) {
        this.preparation = preparation;
        this.poller = poller;
        this.worker = worker;
        this.probes = probes;
        this.tools = tools;
        this.grace = grace;
        this.starting = new RepeatingTask("Delivering", BACKOFF, RuntimeException.class::isInstance, this::startRoles);
    }

    /** Returns at once: PostgreSQL and Temporal may come later. */
    @Override
    public void start() {
        running = true;
        starting.start();
    }

    private Next startRoles() {
        try {
            preparation.prepare();
        } catch (RuntimeException e) {
            Explanation explanation = Explanation.of(e);
            if (explanation == null) {
                throw e;
            }
            if (explanation.cause() == Explanation.Cause.SETTING) {
                refused.completeExceptionally(e);
                return Next.NOTHING;
            }
            throw new IllegalStateException(explanation.text(), e);
        } catch (Error e) {
            return refuse(e);
        }
        if (!running) {
            return Next.NOTHING;
        }
        begun = true;
        try {
            startPrepared();
        } catch (RuntimeException | Error e) {
            return refuse(e);
        }
        ready = true;
        return Next.NOTHING;
    }

    /** No role can be started twice, and half of them are no use: whoever runs the process is to start it anew. */
    private Next refuse(Throwable failure) {
        refused.completeExceptionally(new IllegalStateException("the roles could not be started: " + failure, failure));
        return Next.NOTHING;
    }

    private void startPrepared() {
        if (worker != null) {
            worker.start();
        }
        if (probes != null) {
            probes.start();
        }
        if (poller != null) {
            poller.start();
        }
    }

    /** Done, by its failure, when this process cannot ever begin: a server says so of its settings, or a role did not start. */
    CompletableFuture<Void> refused() {
        return refused;
    }

    /** Throws what {@link #refused()} ended with; returns when it has not. */
    public void throwRefusal() {
        if (refused.isCompletedExceptionally() && refused.exceptionNow() instanceof RuntimeException refusal) {
            throw refusal;
        }
    }

    /** Whether this process does its work: claims, if it starts deliveries, and polls Temporal, if it runs them. */
    public boolean ready() {
        return ready && (worker == null || worker.running());
    }

    /** Claims nothing more, then waits for what is being sent, in all no longer than the grace period. */
    @Override
    public void stop() {
        Deadline deadline = Deadline.in(grace);
        running = false;
        starting.stop();
        try {
            starting.join(deadline.left());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (begun) {
            if (poller != null) {
                poller.stop(deadline.left());
            }
            log.info("Stopping: nothing more is claimed, and what is being sent may finish");
            if (probes != null) {
                probes.stop();
            }
            if (worker != null) {
                worker.stop(deadline.left());
            }
            tools.forEach(Engine::close);
            log.info("Stopped: nothing is being sent any more");
        }
    }

    private static void close(AutoCloseable tool) {
        try {
            tool.close();
        } catch (Exception e) {
            log.warn("Closing {} failed", tool.getClass().getSimpleName(), e);
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
