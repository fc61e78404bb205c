package dev.tempost.app.engine;

import dev.tempost.activities.BatchActivitiesImpl;
import dev.tempost.activities.Breaker;
import dev.tempost.activities.DeliveryActivitiesImpl;
import dev.tempost.activities.Memory;
import dev.tempost.activities.Places;
import dev.tempost.activities.Probes;
import dev.tempost.activities.Route;
import dev.tempost.app.config.OutsideThePool;
import dev.tempost.app.config.ProviderLimits;
import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.config.TempostProperties.Role;
import dev.tempost.app.routing.ConfiguredClaimRules;
import dev.tempost.app.routing.ConfiguredPolicies;
import dev.tempost.app.routing.ConfiguredRouting;
import dev.tempost.app.routing.Deliveries;
import dev.tempost.app.routing.Fallbacks;
import dev.tempost.app.routing.RateLimits;
import dev.tempost.loops.Backoff;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.BulkActions;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.reconciliation.BulkActionActivitiesImpl;
import dev.tempost.reconciliation.ReconcileActivitiesImpl;
import dev.tempost.reconciliation.Reconciler;
import dev.tempost.reconciliation.RetainActivitiesImpl;
import dev.tempost.starter.Poller;
import dev.tempost.starter.StarterSettings;
import dev.tempost.worker.DeliveryWorker;
import dev.tempost.worker.Namespace;
import dev.tempost.worker.Schedules;
import dev.tempost.worker.WorkerSettings;
import dev.tempost.workflows.Attributes;
import io.micrometer.core.instrument.MeterRegistry;
import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.GrpcCompression;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.spring.boot.TemporalOptionsCustomizer;
import io.temporal.spring.boot.autoconfigure.properties.TemporalProperties;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Composes the roles: here, and only here, they learn of each other. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({TempostProperties.class, SpringMail.class})
public class EngineConfiguration {

    private static final Logger log = LoggerFactory.getLogger(EngineConfiguration.class);

    // a test's own is there before
    @Bean
    @ConditionalOnMissingBean
    EngineTimes engineTimes() {
        return EngineTimes.DEFAULTS;
    }

    @Bean
    Deliveries deliveries(TempostProperties properties) {
        return new Deliveries(properties);
    }

    @Bean
    Fallbacks fallbacks(TempostProperties properties, Deliveries deliveries) {
        return new Fallbacks(properties, deliveries, InstantSource.system());
    }

    /** Looks what is down, where that changes who sends. */
    @Bean(initMethod = "start", destroyMethod = "stop")
    RepeatingTask fallbackLooking(Engine engine, Fallbacks fallbacks, ProviderHealth health) {
        Duration pause = Duration.ofSeconds(1);
        return new RepeatingTask(
                "Looking for fallbacks",
                new Backoff(pause, pause),
                OutboxUnavailableException.class::isInstance,
                () -> {
                    if (fallbacks.exist() && engine.ready()) {
                        fallbacks.know(health.down());
                    }
                    return Next.after(pause);
                });
    }

    @Bean
    RateLimits rateLimits(TempostProperties properties) {
        return new RateLimits(properties);
    }

    @Bean
    Attributes attributes(TempostProperties properties) {
        return Attributes.withPrefix(properties.temporal().attributePrefix());
    }

    // gzip costs more than it saves on the short way to a Temporal frontend
    @Bean
    TemporalOptionsCustomizer<WorkflowServiceStubsOptions.Builder> connection() {
        return options ->
                options.setGrpcCompression(GrpcCompression.NONE).setGrpcClientInterceptors(List.of(new PatientPolls()));
    }

    @Bean
    Namespace namespace(WorkflowClient client, Attributes attributes) {
        return new Namespace(
                client.getWorkflowServiceStubs(), client.getOptions().getNamespace(), attributes);
    }

    @Bean
    Schedules schedules(WorkflowClient client, TempostProperties properties) {
        return new Schedules(
                client,
                properties.temporal().taskQueue(),
                properties.reconciliation().interval());
    }

    @Bean
    NamespaceReconciler namespaceReconciler(DependencyHealth parts, Namespace namespace, Schedules schedules) {
        NamespaceReconciler namespaceReconciler = new NamespaceReconciler(() -> parts.up(Dependency.TEMPORAL), () -> {
            namespace.ensure();
            schedules.ensure();
        });
        namespaceReconciler.start();
        return namespaceReconciler;
    }

    @Bean
    Backlog backlog(DataSource dataSource) {
        return new Backlog(dataSource);
    }

    @Bean
    ProviderHealth providerHealth(DataSource dataSource) {
        return new ProviderHealth(dataSource);
    }

    @Bean
    Metrics tempostMetrics(
            MeterRegistry registry,
            Backlog backlog,
            DataSource dataSource,
            ProviderHealth providerHealth,
            Providers providers,
            TempostProperties properties,
            DependencyHealth parts,
            List<Way> ways) {
        Metrics metrics = new Metrics(
                registry,
                backlog,
                new Pauses(dataSource),
                providerHealth,
                providers.names(),
                new Backlog.Named(
                        properties.tenants().keySet(), properties.eventTypes().keySet()));
        metrics.watch(parts);
        metrics.show(ways);
        return metrics;
    }

    @Bean
    Providers providers(SpringMail spring, TempostProperties properties, WorkflowClient client) {
        return properties.roles().contains(Role.WORKER) ? Providers.of(spring, properties, client) : Providers.none();
    }

    @Bean
    List<Way> ways(
            DataSourceProperties pool,
            TempostProperties properties,
            WorkflowClient client,
            TemporalProperties temporal,
            Providers providers) {
        List<Way> ways = Ways.of(
                pool,
                properties.schema(),
                client.getWorkflowServiceStubs().getOptions(),
                temporal.getConnection(),
                providers);
        ways.stream()
                .filter(way -> !way.isProtected())
                .forEach(way -> log.warn("{}: {}. To protect it, {}.", way.name(), way.says(), way.advice()));
        return ways;
    }

    @Bean
    Engine engine(
            DataSource dataSource,
            DataSourceProperties dataSourceProperties,
            WorkflowClient client,
            TempostProperties properties,
            Deliveries deliveries,
            Fallbacks fallbacks,
            RateLimits rateLimits,
            EngineTimes times,
            Providers providers,
            ProviderHealth providerHealth,
            Attributes attributes,
            Namespace namespace,
            NamespaceReconciler namespaceReconciler,
            Metrics metrics) {
        Migration migration = Migration.of(properties.schema(), dataSourceProperties);
        Engine.Preparation preparation = () -> {
            migration.ensure();
            namespace.ensure();
        };
        Poller poller = properties.roles().contains(Role.STARTER)
                ? new Poller(
                        dataSource,
                        OutsideThePool.listening(dataSourceProperties, "tempost-listener"),
                        client,
                        starterSettings(properties, attributes),
                        new ConfiguredPolicies(deliveries, fallbacks, rateLimits),
                        new ConfiguredRouting(properties, deliveries, fallbacks),
                        ConfiguredClaimRules.of(properties, deliveries))
                : null;
        if (poller != null) {
            poller.whenRefused(namespaceReconciler::requestRun);
        }
        if (!properties.roles().contains(Role.WORKER)) {
            return new Engine(
                    preparation,
                    poller,
                    null,
                    null,
                    List.of(),
                    properties.worker().grace());
        }
        Clock clock = Clock.systemUTC();
        Map<String, Route> ways = providers.all().stream()
                .collect(Collectors.toMap(
                        ConfiguredProvider::name,
                        provider -> new Route(
                                provider.channel(),
                                provider.name(),
                                new Places(provider.places()),
                                rateLimits.queue(provider.name()))));
        Breaker breaker = new Breaker(providerHealth, times.breaker());
        Function<String, Route> routes = eventType -> {
            String provider = fallbacks.of(deliveries.of(eventType).provider());
            return Objects.requireNonNull(ways.get(provider))
                    .heeding(deliveries.suppressing(eventType), fallbacks.untilTakeover(provider));
        };
        Memory memory = Memory.ofHeap();
        AttemptNews news = new AttemptNews(metrics, poller == null ? null : poller.flights());
        DeliveryActivitiesImpl activities =
                new DeliveryActivitiesImpl(new Ledger(dataSource), breaker, routes, memory, news);
        BatchActivitiesImpl batches = new BatchActivitiesImpl(dataSource, breaker, routes, memory, news);
        Probes probes = new Probes(providerHealth, times.breaker(), providers.channels());
        DeliveryWorker worker = new DeliveryWorker(
                client,
                new WorkerSettings(
                        properties.temporal().taskQueue(),
                        properties.limits().values().stream()
                                .mapToInt(ProviderLimits::maxConnections)
                                .sum(),
                        rateLimits.queues(),
                        attributes.failureType()),
                activities,
                batches,
                new ReconcileActivitiesImpl(
                        new Reconciler(dataSource, client, properties.temporal().taskQueue()),
                        clock,
                        metrics::reconciled),
                new RetainActivitiesImpl(
                        new Retention(dataSource), RetentionAges.of(properties.retention()), metrics::removed),
                new BulkActionActivitiesImpl(new BulkActions(dataSource)));
        return new Engine(
                preparation,
                poller,
                worker,
                probes,
                List.of(activities, batches),
                properties.worker().grace());
    }

    private static StarterSettings starterSettings(TempostProperties properties, Attributes attributes) {
        TempostProperties.Starter starter = properties.starter();
        return new StarterSettings(
                properties.temporal().taskQueue(),
                attributes,
                starter.capacity(),
                !properties.roles().contains(Role.WORKER),
                starter.lease(),
                starter.tenant());
    }

    @Bean(initMethod = "start", destroyMethod = "stop")
    RepeatingTask backlogCounting(Engine engine, Metrics metrics, Deliveries deliveries, EngineTimes times) {
        Duration pause = times.betweenCounts();
        Duration longestWait = deliveries.longestWait();
        return new RepeatingTask("Counting the backlog", new Backoff(pause, pause), failure -> false, () -> {
            // before, there may be no table to count
            if (engine.ready()) {
                metrics.countBacklog(pause, longestWait);
            }
            return Next.after(pause);
        });
    }

    @Bean
    BulkActions bulkActions(DataSource dataSource) {
        return new BulkActions(dataSource);
    }

    @Bean(initMethod = "start", destroyMethod = "stop")
    RepeatingTask bulkActionStarting(
            Engine engine, BulkActions actions, WorkflowClient client, TempostProperties properties) {
        BulkActionStarter starter =
                new BulkActionStarter(actions, client, properties.temporal().taskQueue());
        Duration pause = Duration.ofSeconds(1);
        return new RepeatingTask(
                "Starting bulk actions", new Backoff(pause, pause), RuntimeException.class::isInstance, () -> {
                    if (engine.ready()) {
                        starter.startThoseThatAreNotDone();
                    }
                    return Next.after(pause);
                });
    }
}
