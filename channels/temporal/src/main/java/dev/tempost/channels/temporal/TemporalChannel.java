package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.activities.channel.UnsendableRow;
import io.grpc.StatusRuntimeException;
import io.temporal.serviceclient.WorkflowServiceStubs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Starts and signals workflows of the user's own, each once for a row. */
public final class TemporalChannel implements Channel, AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    // no row has such an id: nothing but the question is of interest
    private static final String NOBODY = "tempost-probe";

    private final Map<String, Way> ways = new TreeMap<>();
    private final List<WorkflowServiceStubs> connections = new ArrayList<>();

    private record Way(WorkflowProvider provider, Frontend temporal) {}

    /**
     * @param providers by name
     * @param own Tempost's own Temporal, which stays open
     */
    public TemporalChannel(Map<String, WorkflowProvider> providers, WorkflowServiceStubs own) {
        this(providers, own, PATIENCE);
    }

    /** @param patience how long each call may take */
    TemporalChannel(Map<String, WorkflowProvider> providers, WorkflowServiceStubs own, Duration patience) {
        providers.forEach((name, provider) -> {
            TemporalServer server = provider.server();
            WorkflowServiceStubs stubs = server == null ? own : server.connect();
            if (server != null) {
                connections.add(stubs);
            }
            ways.put(name, new Way(provider, new Frontend(stubs, provider.namespace(), patience)));
        });
    }

    @Override
    public String name() {
        return "temporal";
    }

    /** The workflow's id where the key alone makes it, the key itself elsewhere. */
    @Override
    public String messageId(UUID key, String provider) {
        String workflowId = way(provider).provider().workflowId().of(key);
        return workflowId == null ? key.toString() : workflowId;
    }

    @Override
    public Outcome send(OutgoingMessage delivery, Transmission transmission) {
        Way way = way(delivery.provider());
        try {
            WorkflowRequest request = WorkflowRequest.of(delivery, way.provider());
            return new Asking(way.temporal(), way.provider(), request).outcome(transmission);
        } catch (UnsendableRow e) {
            return e.outcome();
        }
    }

    /** Asks for a workflow that is not there, as every row's request may: that needs the server, the namespace and our rights. */
    @Override
    public Health probe(String provider) {
        Way way = way(provider);
        try {
            way.temporal().forgetFailures();
            way.temporal().describe(NOBODY, "");
            return new Health.Ready();
        } catch (StatusRuntimeException e) {
            return Refusals.health(e, way.provider().namespace());
        }
    }

    /** Temporal accepts a start whether or not somebody polls the task queue, and keeps it until somebody does. */
    @Override
    public @Nullable Concern concern(String provider) {
        Way way = way(provider);
        WorkflowStart workflow = switch (way.provider().action()) {
            case WorkflowAction.Start start -> start.workflow();
            case WorkflowAction.SignalWithStart both -> both.workflow();
            case WorkflowAction.Signal signal -> null;
        };
        return workflow == null || way.temporal().isPolled(workflow.taskQueue())
                ? null
                : new Concern(
                        "no worker polls task queue " + workflow.taskQueue() + " in namespace "
                                + way.provider().namespace() + ": workflows are started there and wait",
                        "start its workers, or correct the setting task-queue");
    }

    private Way way(String provider) {
        Way way = ways.get(provider);
        if (way == null) {
            throw new IllegalArgumentException("no workflow provider '" + provider + "': configure it, or one of "
                    + ways.keySet() + " for this event type");
        }
        return way;
    }

    @Override
    public void close() {
        connections.forEach(WorkflowServiceStubs::shutdownNow);
    }
}
