package dev.tempost.channels.temporal;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.StartWorkflowExecutionResponse;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The line to a Temporal server, on which replies get lost and requests are refused. Reading calls pass. */
final class Line implements ClientInterceptor {

    private static final Set<String> WRITES =
            Set.of("StartWorkflowExecution", "SignalWorkflowExecution", "SignalWithStartWorkflowExecution");

    private static final Metadata.Key<String> NAMESPACE =
            Metadata.Key.of("temporal-namespace", Metadata.ASCII_STRING_MARSHALLER);

    private final Queue<Consumer<Runnable>> lost = new ArrayDeque<>();
    private final Set<String> startedRuns = ConcurrentHashMap.newKeySet();
    private final Set<String> namespaces = ConcurrentHashMap.newKeySet();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile boolean losesEverything;
    private volatile @Nullable StatusRuntimeException refusal;

    /** The reply to the next write is lost; before anybody learns of that, this happens. */
    synchronized void loseOneReply(Runnable meanwhile) {
        lost.add(report -> {
            try {
                meanwhile.run();
            } finally {
                // or the call would never end
                report.run();
            }
        });
    }

    void loseAllReplies() {
        losesEverything = true;
    }

    void refuse(StatusRuntimeException everything) {
        refusal = everything;
    }

    void behave() {
        losesEverything = false;
        refusal = null;
    }

    /** How many runs were started, whether or not anybody was told. */
    int startedRuns() {
        return startedRuns.size();
    }

    /** The names of the calls that were made, but for those by which the SDK gets to know the server. */
    List<String> calls() {
        return calls;
    }

    /** The namespaces that calls named beside their request. */
    Set<String> namespaces() {
        return namespaces;
    }

    private synchronized @Nullable Consumer<Runnable> next() {
        return losesEverything ? Runnable::run : lost.poll();
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        String name = String.valueOf(method.getBareMethodName());
        ClientCall<Q, R> call = next.newCall(method, options);
        if (name.equals("GetSystemInfo")) {
            return call;
        }
        calls.add(name);
        if (!WRITES.contains(name)) {
            return call;
        }
        StatusRuntimeException refused = refusal;
        if (refused != null) {
            return new Refused<>(refused);
        }
        Consumer<Runnable> loss = next();
        if (loss == null && !name.equals("StartWorkflowExecution")) {
            return call;
        }
        return new ForwardingClientCall.SimpleForwardingClientCall<>(call) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                namespaces.add(String.valueOf(headers.get(NAMESPACE)));
                super.start(
                        new ForwardingClientCallListener.SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onMessage(R message) {
                                if (message instanceof StartWorkflowExecutionResponse started) {
                                    startedRuns.add(started.getRunId());
                                }
                                if (loss == null) {
                                    super.onMessage(message);
                                }
                            }

                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                if (loss != null && status.isOk()) {
                                    loss.accept(() -> super.onClose(
                                            Status.UNAVAILABLE.withDescription("the reply is lost"), new Metadata()));
                                } else {
                                    super.onClose(status, trailers);
                                }
                            }
                        },
                        headers);
            }
        };
    }

    /** Is answered at once and never made. */
    private static final class Refused<Q, R> extends ClientCall<Q, R> {

        private final StatusRuntimeException refusal;

        Refused(StatusRuntimeException refusal) {
            this.refusal = refusal;
        }

        @Override
        public void start(Listener<R> listener, Metadata headers) {
            Metadata trailers = refusal.getTrailers();
            listener.onClose(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
        }

        @Override
        public void request(int messages) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void halfClose() {}

        @Override
        public void sendMessage(Q message) {}
    }
}
