package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.workflows.FailureType;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.SignalWithStartWorkflowExecutionResponse;
import io.temporal.api.workflowservice.v1.StartWorkflowExecutionResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One row's request, made again and again until Temporal has answered or the attempt's time is up. It is the same request each
 * time, by its id, and so the same start or signal.
 */
final class Asking {

    private static final long SHORTEST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 2000;

    private final Frontend temporal;
    private final WorkflowProvider provider;
    private final WorkflowRequest request;
    private final CountDownLatch timeIsUp = new CountDownLatch(1);
    // whether a reply is missing: then nothing but an answer to the request itself says what became of it
    private boolean unanswered;
    private @Nullable String signalledRun;

    Asking(Frontend temporal, WorkflowProvider provider, WorkflowRequest request) {
        this.temporal = temporal;
        this.provider = provider;
        this.request = request;
    }

    Outcome outcome(Transmission transmission) {
        Context.CancellableContext time = Context.current().withCancellation();
        time.addListener(context -> timeIsUp.countDown(), Runnable::run);
        transmission.closeAtDeadline(() -> time.cancel(null));
        Context outer = time.attach();
        try {
            return ask(transmission);
        } finally {
            time.detach(outer);
            time.cancel(null);
        }
    }

    private Outcome ask(Transmission transmission) {
        try {
            temporal.connect();
        } catch (StatusRuntimeException e) {
            return Refusals.outcome(e, provider.namespace());
        }
        if (!transmission.begin()) {
            return new Outcome.Transient(
                    Fault.OURS,
                    FailureType.ATTEMPT_IN_PROGRESS,
                    "not asked: the attempt's deadline was too near, or another attempt took its place",
                    null,
                    false);
        }
        long pause = SHORTEST_PAUSE_MILLIS;
        while (true) {
            Status.Code missing;
            try {
                return once();
            } catch (StatusRuntimeException e) {
                Outcome refusal = Refusals.outcome(e, provider.namespace());
                if (!unanswered || refusal instanceof Outcome.Permanent) {
                    return refusal;
                }
                missing = e.getStatus().getCode();
            }
            if (timeIsUp(pause)) {
                return new Outcome.Ambiguous("Temporal did not answer before the attempt's deadline (" + missing + ")");
            }
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
    }

    private Outcome once() {
        return switch (provider.action()) {
            case WorkflowAction.Start start -> start(start);
            case WorkflowAction.Signal(String signal) -> {
                Outcome signalled = signal(signal);
                yield signalled == null
                        ? new Outcome.Permanent(
                                FailureType.WORKFLOW_NOT_FOUND,
                                "no workflow of this id runs: correct what its id is made of, or start it, then retry",
                                true)
                        : signalled;
            }
            case WorkflowAction.SignalWithStart both -> {
                // first by itself: Temporal would start a second workflow for a request that it knows, once the first
                // is closed
                Outcome signalled = signal(both.signal());
                yield signalled == null ? signalWithStart(both) : signalled;
            }
        };
    }

    private Outcome start(WorkflowAction.Start start) {
        if (!provider.answersAgain()) {
            // Temporal knows a request while its run is the latest; after that, a look is all there is
            Execution there = temporal.describe(request.workflowId(), "");
            if (there != null && isOurs(there)) {
                return started(there.firstRunId());
            }
        }
        try {
            StartWorkflowExecutionResponse answer = answered(() -> temporal.start(request, start));
            return answer.getStarted()
                    ? started(answer.getRunId())
                    : accepted("a workflow of this id ran already and is used", answer.getRunId());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
            // ours, when it has continued as new, was retried or was reset since
            Execution there = temporal.describe(request.workflowId(), "");
            return there != null && isOurs(there) ? started(there.firstRunId()) : taken(there);
        }
    }

    /** @return null when no workflow of that id runs, and none that is closed had the signal */
    private @Nullable Outcome signal(String signal) {
        while (true) {
            String run = signalledRun;
            if (run == null) {
                Execution there = temporal.describe(request.workflowId(), "");
                if (there == null) {
                    return null;
                }
                if (there.knows(request)) {
                    return accepted("signalled", there.runId());
                }
                run = there.runId();
                signalledRun = run;
            }
            String asked = run;
            try {
                answered(() -> {
                    temporal.signal(request, signal, asked);
                    return asked;
                });
                return accepted("signalled", asked);
            } catch (StatusRuntimeException e) {
                if (!Frontend.isNoWorkflow(e)) {
                    throw e;
                }
            }
            // closed, and never had it: the next run of a workflow that continued as new shall
            signalledRun = null;
            Execution there = temporal.describe(request.workflowId(), "");
            if (there == null || there.runId().equals(asked)) {
                return null;
            }
        }
    }

    private Outcome signalWithStart(WorkflowAction.SignalWithStart both) {
        try {
            SignalWithStartWorkflowExecutionResponse answer = answered(() -> temporal.signalWithStart(request, both));
            return accepted(answer.getStarted() ? "started with the signal" : "signalled", answer.getRunId());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
            return taken(temporal.describe(request.workflowId(), ""));
        }
    }

    /** Whether that workflow, or the first of its runs, is what this row asked for. */
    private boolean isOurs(Execution there) {
        if (there.knows(request)) {
            return true;
        }
        if (there.firstRunId().equals(there.runId())) {
            return false;
        }
        Execution first = temporal.describe(request.workflowId(), there.firstRunId());
        return first != null && first.knows(request);
    }

    private <T> T answered(Supplier<T> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            unanswered |= Refusals.isUnanswered(e);
            throw e;
        }
    }

    private static Outcome started(String runId) {
        return accepted("started", runId);
    }

    private static Outcome accepted(String what, String runId) {
        return new Outcome.Accepted(what + ", run " + runId, runId);
    }

    private static Outcome taken(@Nullable Execution there) {
        return new Outcome.Permanent(
                FailureType.WORKFLOW_ID_TAKEN,
                (there == null
                                ? "a workflow of this id was started by another request"
                                : "a workflow of this id was started by another request and "
                                        + (there.running() ? "runs" : "is closed") + ", run " + there.runId())
                        + ": correct what the id is made of and retry, or dismiss the row",
                true);
    }

    private boolean timeIsUp(long pauseMillis) {
        try {
            return timeIsUp.await(pauseMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
