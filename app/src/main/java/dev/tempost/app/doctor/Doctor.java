package dev.tempost.app.doctor;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Health;
import dev.tempost.app.config.KnownSettings;
import dev.tempost.app.config.OutsideThePool;
import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.engine.ConfiguredProvider;
import dev.tempost.app.engine.Migration;
import dev.tempost.app.engine.Providers;
import dev.tempost.app.engine.Way;
import dev.tempost.app.engine.Ways;
import dev.tempost.app.routing.Deliveries;
import dev.tempost.app.routing.RateLimits;
import dev.tempost.app.terminal.Formats;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.reconciliation.Reconciler;
import dev.tempost.worker.Namespace;
import dev.tempost.worker.Schedules;
import dev.tempost.workflows.Attributes;
import io.temporal.client.WorkflowClient;
import io.temporal.spring.boot.autoconfigure.properties.ConnectionProperties;
import io.temporal.spring.boot.autoconfigure.properties.TemporalProperties;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.ApplicationContext;

/** Examines one part after the other; what depends on a part that is down is left out. */
public final class Doctor {

    private static final ConfigurationPropertyName TEMPOST = ConfigurationPropertyName.of("tempost");

    private final ApplicationContext context;
    private final TempostProperties properties;
    private final Consumer<Finding> findings;
    private final ProtectionCheck protection = new ProtectionCheck(Clock.systemUTC());

    /**
     * @param context holds the configuration, the database's pool and Temporal's client
     * @param findings told of each as it is found
     */
    public Doctor(ApplicationContext context, Consumer<Finding> findings) {
        this.context = context;
        this.properties = context.getBean(TempostProperties.class);
        this.findings = findings;
    }

    /** Examines everything. */
    public void examine() {
        examine(null);
    }

    /**
     * The same.
     *
     * @param test what to send on top of it; null for nothing
     */
    public void examine(@Nullable TestSend test) {
        if (!isSet("spring.datasource", "spring.temporal", "spring.mail", "tempost")) {
            findings.accept(
                    new Finding(
                            Finding.Level.UNSET,
                            "settings",
                            "none is set: looks where everything is by default",
                            "set what the service has, for instance SPRING_DATASOURCE_URL and SPRING_TEMPORAL_CONNECTION_TARGET"));
        }
        Providers providers = configuration();
        DataSource dataSource = context.getBean(DataSource.class);
        WorkflowClient client = context.getBean(WorkflowClient.class);
        boolean rows = database(dataSource);
        boolean temporal = temporal(client);
        try (providers) {
            sending(providers);
            if (test != null) {
                test.through(providers, new Deliveries(properties).providers(), findings);
            }
        }
        if (rows) {
            RowsCheck exam = new RowsCheck(new Backlog(dataSource));
            say("templates", () -> List.of(exam.templates(properties.templates(), new Deliveries(properties))));
            say("rows", exam::counts);
            say("paused", () -> exam.pauses(new Pauses(dataSource).active(), Instant.now()));
            say("providers", () -> breakers(new ProviderHealth(dataSource)));
        }
        if (rows && temporal) {
            Reconciler reconciler =
                    new Reconciler(dataSource, client, properties.temporal().taskQueue());
            say("rows, workflows", () -> RowsCheck.disagreements(reconciler));
        }
    }

    /** Whether something below one of these prefixes is set, other than by what Tempost brings along. */
    private boolean isSet(String... prefixes) {
        return StreamSupport.stream(
                        ConfigurationPropertySources.get(context.getEnvironment())
                                .spliterator(),
                        false)
                .filter(source -> !String.valueOf(source.getUnderlyingSource()).contains("class path resource"))
                .filter(IterableConfigurationPropertySource.class::isInstance)
                .flatMap(source -> ((IterableConfigurationPropertySource) source).stream())
                .filter(name -> !TEMPOST.isAncestorOf(name) || KnownSettings.isKnown(name))
                .anyMatch(name -> Arrays.stream(prefixes)
                        .anyMatch(prefix -> ConfigurationPropertyName.of(prefix).isAncestorOf(name)));
    }

    private Providers configuration() {
        if (!properties.roles().contains(TempostProperties.Role.WORKER)) {
            findings.accept(Finding.ok("configuration", "valid; no role worker, so no provider is needed"));
            return Providers.none();
        }
        try {
            Providers providers =
                    Providers.of(context.getBean(SpringMail.class), properties, context.getBean(WorkflowClient.class));
            findings.accept(Finding.ok("configuration", "valid"));
            return providers;
        } catch (IllegalArgumentException e) {
            findings.accept(Finding.problem(
                            "configuration", String.valueOf(e.getMessage()), "docs/configuration.md has every property")
                    .unlessSet(isSet("spring.mail", "tempost")));
            return Providers.none();
        }
    }

    private boolean database(DataSource dataSource) {
        DataSourceProperties pool = context.getBean(DataSourceProperties.class);
        DataSource anyServer = OutsideThePool.anyServer(pool, "tempost-doctor");
        DatabaseCheck exam = new DatabaseCheck(
                dataSource,
                anyServer,
                OutsideThePool.dataSource(pool, "tempost-doctor"),
                Migration.of(properties.schema(), pool),
                properties.schema().migrate());
        List<Finding> reachable = exam.reachable().stream()
                .map(finding -> finding.unlessSet(isSet("spring.datasource")))
                .toList();
        reachable.forEach(findings);
        boolean isThere = reachable.getFirst().isFine();
        say("protection", () -> protection(Ways.toPostgresql(pool, properties.schema()), isThere));
        if (!reachable.getLast().isFine()) {
            return false;
        }
        say("login", () -> List.of(exam.login()));
        say("clocks", () -> List.of(exam.clock()));
        say("transactions", exam::transactions);
        say("pooler", () -> List.of(exam.pooler()));
        say("wake-up", () -> List.of(exam.wakeUp()));
        return true;
    }

    private boolean temporal(WorkflowClient client) {
        Attributes attributes = Attributes.withPrefix(properties.temporal().attributePrefix());
        try (Namespace namespace = new Namespace(
                client.getWorkflowServiceStubs(), client.getOptions().getNamespace(), attributes)) {
            TemporalCheck exam = new TemporalCheck(
                    client,
                    namespace,
                    new Schedules(
                            client,
                            properties.temporal().taskQueue(),
                            properties.reconciliation().interval()));
            Finding reachable = exam.reachable().unlessSet(isSet("spring.temporal"));
            findings.accept(reachable);
            ConnectionProperties connection =
                    context.getBean(TemporalProperties.class).getConnection();
            Way way = Ways.toTemporal(client.getWorkflowServiceStubs().getOptions(), connection);
            say("protection", () -> protection(List.of(way), reachable.isFine()));
            say("protection", () -> protection.ofOurs(connection.getMTLS()));
            if (!reachable.isFine()) {
                return false;
            }
            say("search attributes", () -> List.of(exam.searchAttributes()));
            say("schedule", exam::schedules);
            say("rate limit", () -> exam.paces(new RateLimits(properties).queues()));
            return true;
        }
    }

    /** Everything up to the message itself, with the providers that some event type goes through. */
    private void sending(Providers providers) {
        Set<String> used = new Deliveries(properties).providers();
        providers.all().stream()
                .filter(provider -> used.contains(provider.name()))
                .forEach(provider -> {
                    Finding answer = answer(provider);
                    findings.accept(answer);
                    say("protection", () -> protection(List.of(provider.way()), answer.isFine()));
                    if (answer.isFine()) {
                        say(provider.way().name(), () -> concern(provider));
                    }
                });
    }

    private List<Finding> protection(List<Way> ways, boolean isThere) {
        return ways.stream()
                .flatMap(way -> !way.isProtected()
                        ? Stream.of(protection.unprotected(way))
                        : isThere ? protection.of(way).stream() : Stream.of())
                .toList();
    }

    private static Finding answer(ConfiguredProvider provider) {
        String subject = provider.way().name();
        String where = provider.way().servers().stream()
                .map(server -> server.getHostString() + ":" + server.getPort())
                .collect(Collectors.joining(", "));
        return switch (provider.channel().probe(provider.name())) {
            case Health.Ready() -> Finding.ok(subject, where + " would take messages");
            case Health.Away(String type, String reply, Duration retryAfter) ->
                Finding.problem(
                        subject,
                        where + ": " + reply,
                        "its rows wait until it answers; check its address and the network policy");
            case Health.Down(String type, String reply) ->
                Finding.problem(
                        subject,
                        where + ": " + reply,
                        "its rows wait until its credentials, certificate or encryption are corrected");
        };
    }

    private static List<Finding> concern(ConfiguredProvider provider) {
        Channel.Concern concern = provider.channel().concern(provider.name());
        return concern == null
                ? List.of()
                : List.of(Finding.warn(provider.way().name(), concern.what(), concern.remedy()));
    }

    private List<Finding> breakers(ProviderHealth health) {
        List<Finding> down = health.down().stream()
                .map(provider -> Finding.problem(
                        "provider " + provider.provider(),
                        "down since " + Formats.time(provider.since()) + ": " + provider.error(),
                        "its rows wait; the probe at " + Formats.time(provider.probeAt())
                                + " brings it back once it answers"))
                .toList();
        return down.isEmpty() ? List.of(Finding.ok("providers", "none is held back")) : down;
    }

    /** A check that breaks down is a finding of its own. */
    private void say(String subject, Supplier<List<Finding>> check) {
        List<Finding> found;
        try {
            found = check.get();
        } catch (RuntimeException e) {
            found = List.of(
                    Finding.problem(subject, String.valueOf(e.getMessage()), "this could not be examined; try again"));
        }
        found.forEach(findings);
    }
}
