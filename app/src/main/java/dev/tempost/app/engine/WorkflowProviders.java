package dev.tempost.app.engine;

import dev.tempost.activities.channel.Loopback;
import dev.tempost.app.config.TemporalTarget;
import dev.tempost.app.config.WorkflowSettings;
import dev.tempost.channels.temporal.IdConflictPolicy;
import dev.tempost.channels.temporal.IdTemplate;
import dev.tempost.channels.temporal.TemporalChannel;
import dev.tempost.channels.temporal.TemporalServer;
import dev.tempost.channels.temporal.WorkflowAction;
import dev.tempost.channels.temporal.WorkflowProvider;
import dev.tempost.channels.temporal.WorkflowStart;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The channel for workflows of the user's own, and those that the configuration describes. */
final class WorkflowProviders {

    private WorkflowProviders() {}

    static List<ConfiguredProvider> build(Providers.Given given) {
        Map<String, WorkflowProvider> workflows = new LinkedHashMap<>();
        given.tempost()
                .workflows()
                .forEach((name, settings) -> workflows.put(
                        name,
                        provider(name, settings, given.temporal().getOptions().getNamespace())));
        TemporalChannel channel =
                new TemporalChannel(workflows, given.temporal().getWorkflowServiceStubs());
        return workflows.keySet().stream()
                .map(name -> ConfiguredProvider.probed(
                        name,
                        channel,
                        Objects.requireNonNull(given.tempost().workflows().get(name))
                                .maxConnections(),
                        way(name, workflows.get(name), given.temporal())))
                .toList();
    }

    private static Way way(String name, @Nullable WorkflowProvider provider, WorkflowClient own) {
        TemporalServer server = provider == null ? null : provider.server();
        WorkflowServiceStubsOptions options = own.getWorkflowServiceStubs().getOptions();
        InetSocketAddress address = TemporalTarget.server(server == null ? options.getTarget() : server.target());
        boolean tls = server == null ? options.getSslContext() != null || options.getEnableHttps() : server.tls();
        return new Way(
                Dependency.WORKFLOW,
                "workflow " + name,
                List.of(address),
                Way.Prelude.GRPC,
                Loopback.is(address.getHostString())
                        ? Way.Protection.LOCAL
                        : tls ? Way.Protection.VERIFIED : Way.Protection.PLAIN,
                server == null
                        ? "set SPRING_TEMPORAL_CONNECTION_ENABLEHTTPS=true"
                        : "set tempost.workflows." + name + ".tls to true");
    }

    private static WorkflowProvider provider(String name, WorkflowSettings settings, String ownNamespace) {
        try {
            return new WorkflowProvider(
                    name,
                    server(settings),
                    settings.namespace() == null ? ownNamespace : settings.namespace(),
                    action(settings),
                    settings.workflowId() == null ? IdTemplate.KEY : new IdTemplate(settings.workflowId()),
                    settings.arguments());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("tempost.workflows." + name + "." + e.getMessage(), e);
        }
    }

    private static @Nullable TemporalServer server(WorkflowSettings settings) {
        String target = settings.target();
        if (target == null) {
            boolean unused = settings.tls() != null
                    || settings.apiKey() != null
                    || settings.certificate() != null
                    || settings.certificateKey() != null;
            require(
                    !unused,
                    "target",
                    "is not set, and tls, api-key, certificate and certificate-key are for a Temporal that is not"
                            + " Tempost's own: name its frontend, or leave them out");
            return null;
        }
        Boolean tls = settings.tls();
        return new TemporalServer(
                target,
                tls == null ? !TemporalServer.isLocal(target) : tls,
                settings.apiKey(),
                settings.certificate(),
                settings.certificateKey());
    }

    private static WorkflowAction action(WorkflowSettings settings) {
        IdConflictPolicy onRunning = settings.idConflictPolicy();
        require(
                onRunning == null || settings.action() == WorkflowSettings.Action.START,
                "id-conflict-policy",
                "is for action start alone: leave it out");
        require(
                settings.workflowId() != null || settings.action() == WorkflowSettings.Action.START,
                "workflow-id",
                "is not set, and no workflow that could be signalled has a row's key for its id: say what it is made of,"
                        + " for instance order-{payload.orderId}");
        return switch (settings.action()) {
            case START ->
                new WorkflowAction.Start(start(settings), onRunning == null ? IdConflictPolicy.FAIL : onRunning);
            case SIGNAL -> new WorkflowAction.Signal(signal(settings));
            case SIGNAL_WITH_START -> new WorkflowAction.SignalWithStart(signal(settings), start(settings));
        };
    }

    private static WorkflowStart start(WorkflowSettings settings) {
        return new WorkflowStart(
                said(settings.workflowType(), "workflow-type", "the type of the workflow to start"),
                said(settings.taskQueue(), "task-queue", "the task queue that its workers poll"),
                settings.idReusePolicy(),
                settings.executionTimeout());
    }

    private static String signal(WorkflowSettings settings) {
        return said(settings.signal(), "signal", "the signal");
    }

    private static String said(@Nullable String value, String setting, String what) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(setting + " is not set: name " + what);
        }
        return value;
    }

    private static void require(boolean holds, String setting, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(setting + " " + otherwise);
        }
    }
}
