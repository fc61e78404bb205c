package dev.tempost.app.config;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.workflows.DeliveryPolicy;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Everything under {@code tempost}.
 *
 * @param roles What this process does: {@code starter} claims rows and starts their workflows, {@code worker} runs them,
 *     {@code console} serves pages to operators.
 * @param templates The folder that holds one template folder per event type.
 * @param schema The database schema.
 * @param starter The poller.
 * @param worker The Temporal worker.
 * @param temporal Names used in Temporal.
 * @param mail The default mail provider, beside Spring's own {@code spring.mail.*}.
 * @param providers Further mail providers, by name.
 * @param delivery How event types are delivered that say nothing themselves.
 * @param eventTypes What an event type does differently, by its name.
 * @param tenants What a tenant gets that differs from the rest, by its name.
 * @param health How the parts Tempost depends on are watched.
 * @param reconciliation How rows are compared with their workflows.
 * @param retention How long finished rows are kept, by status, and their attempts with them; 0 for ever.
 */
@Validated
@ConfigurationProperties("tempost")
public record TempostProperties(
        @DefaultValue({"starter", "worker", "console"}) @NotEmpty
        Set<Role> roles,

        @DefaultValue("templates") Path templates,
        @Valid @DefaultValue SchemaSettings schema,
        @Valid @DefaultValue Starter starter,
        @Valid @DefaultValue Worker worker,
        @Valid @DefaultValue Temporal temporal,
        @Valid @DefaultValue Mail mail,
        @DefaultValue Map<String, @Valid Provider> providers,
        @Valid @DefaultValue Delivery delivery,
        @DefaultValue Map<String, @Valid EventType> eventTypes,
        @DefaultValue Map<String, @Valid Tenant> tenants,
        @Valid @DefaultValue Breaker breaker,
        @Valid @DefaultValue Health health,
        @Valid @DefaultValue Reconciliation reconciliation,
        @Valid @DefaultValue Retention retention) {

    private static final String DEFAULT_PROVIDER = "default";
    // one for each partition that Temporal divides a queue and its rate into
    private static final int LEAST_RATE_LIMITED_IN_FLIGHT = 4;
    // the longest wait that a server is granted when it names one
    private static final Duration LONGEST_ASKED_FOR = Duration.ofHours(1);

    public TempostProperties {
        checkIntervals("tempost.delivery", delivery.initialInterval(), delivery.maxInterval());
        eventTypes.forEach((name, own) -> checkIntervals(
                "tempost.event-types." + name,
                or(own.initialInterval(), delivery.initialInterval()),
                or(own.maxInterval(), delivery.maxInterval())));
    }

    private static void checkIntervals(String prefix, Duration initial, Duration longest) {
        if (longest.compareTo(initial) < 0) {
            throw new IllegalArgumentException(prefix + ".max-interval is " + longest.toMillis()
                    + " ms, shorter than initial-interval, which is " + initial.toMillis()
                    + " ms: raise the one or lower the other");
        }
    }

    /** What a process does. */
    public enum Role {
        STARTER,
        WORKER,
        CONSOLE
    }

    /** What happens when a message may have been accepted, but its reply was never read. */
    public enum OnAmbiguous {
        /** Send it again, with the same Message-ID. */
        RESEND,
        /** Fail the row and let an operator decide. */
        PARK
    }

    /** What a failed row means for the rows behind it in its shard. */
    public enum OnFailed {
        /** They wait until it is retried with success, or dismissed. */
        BLOCK,
        /** They go on without it. Retried, it takes the next turn. */
        SKIP
    }

    /** How the conversation with a mail server is protected. */
    public enum Encryption {
        /** None on loopback, TLS from the start on port 465, STARTTLS everywhere else. */
        AUTO,
        /** No protection at all. */
        NONE,
        /** STARTTLS, and no mail without it. */
        STARTTLS,
        /** TLS from the start. */
        IMPLICIT
    }

    /**
     * The database schema.
     *
     * @param migrate Whether the schema is created and brought up to date at start.
     * @param url The JDBC URL by which that is done, with the user and password of {@code spring.datasource.*} unless it names
     *     its own: PostgreSQL itself, where {@code spring.datasource.url} leads to a transaction pooler. The same URL when not
     *     set.
     */
    public record SchemaSettings(
            @DefaultValue("true") boolean migrate, @Nullable String url) {}

    /**
     * The poller.
     *
     * @param capacity How many deliveries of this replica may wait for Temporal to begin them, at most. Rows of priority 1 may
     *     go beyond it by a third. Those that are being sent do not count: each provider's {@code max-connections} bounds them.
     * @param adaptive Whether fewer may wait while they queue up in Temporal, so that the queue stays in PostgreSQL, where an
     *     urgent row overtakes it.
     * @param lease How long a claimed row belongs to this replica before another one asks Temporal what became of it.
     * @param minPollInterval The shortest pause between polls that find nothing, where notifications do not come through.
     * @param maxPollInterval The longest pause between polls.
     * @param listen Whether to wake up by LISTEN. Behind a transaction pooler polling takes its place by itself.
     * @param tenant The only tenant whose rows this process claims; all when not set.
     */
    public record Starter(
            @DefaultValue("32") @Min(1) @Max(1000) int capacity,
            @DefaultValue("true") boolean adaptive,
            @DefaultValue("20s") @DurationMin(seconds = 1) Duration lease,
            @DefaultValue("50ms") @DurationMin(millis = 10) Duration minPollInterval,
            @DefaultValue("1s") @DurationMin(millis = 50) Duration maxPollInterval,
            @DefaultValue("true") boolean listen,
            @Nullable String tenant) {}

    /**
     * The Temporal worker.
     *
     * @param grace How long a shutdown may take: nothing more is claimed, and what is being sent may finish.
     */
    public record Worker(
            @DefaultValue("60s") @DurationMin(seconds = 0) Duration grace) {}

    /**
     * Names used in Temporal.
     *
     * @param taskQueue The task queue of deliveries. The schedules are named after it: {@code tempost-reconcile} and
     *     {@code tempost-retain}.
     * @param attributePrefix What the names of the search attributes begin with.
     */
    public record Temporal(
            @DefaultValue("tempost") @NotBlank String taskQueue,
            @DefaultValue("Tempost") @NotBlank String attributePrefix) {}

    /**
     * What {@code spring.mail.*} has no name for.
     *
     * @param from The sender of every mail, for instance {@code Westside <mail@westside.example>}. Required by the worker
     *     role.
     * @param encryption How the conversation is protected.
     * @param connectTimeout How long to wait for a connection.
     * @param readTimeout How long to wait for each reply.
     * @param writeTimeout How long to wait for each write.
     * @param maxConnections The most connections this process keeps to the server, and so how many messages it sends through it
     *     at the same time. A replica claims that many rows for it and half as many more.
     * @param inFlight How many rows may be between their claim and the end of their first attempt, all replicas together. When
     *     not set, two seconds' worth of the rate limit, or any number without one.
     * @param rateLimit The most messages a second that all replicas together send through it; no limit when not set.
     */
    public record Mail(
            @Nullable String from,
            @DefaultValue("auto") Encryption encryption,
            @DefaultValue("10s") @DurationMin(millis = 100) Duration connectTimeout,
            @DefaultValue("30s") @DurationMin(millis = 100) Duration readTimeout,
            @DefaultValue("30s") @DurationMin(millis = 100) Duration writeTimeout,
            @DefaultValue("16") @Min(1) @Max(1000) int maxConnections,
            @Min(1) @Nullable Integer inFlight,

            @DecimalMin("0.01") @DecimalMax("10000") @Nullable
            Double rateLimit) {}

    /**
     * A mail provider of its own name.
     *
     * @param host The server's name.
     * @param port Its port.
     * @param username The user to log in as; none when not set.
     * @param password The user's password.
     * @param from The sender of every mail.
     * @param encryption How the conversation is protected.
     * @param connectTimeout How long to wait for a connection.
     * @param readTimeout How long to wait for each reply.
     * @param writeTimeout How long to wait for each write.
     * @param maxConnections The most connections this process keeps to the server, and so how many messages it sends through it
     *     at the same time. A replica claims that many rows for it and half as many more.
     * @param inFlight How many rows may be between their claim and the end of their first attempt, all replicas together. When
     *     not set, two seconds' worth of the rate limit, or any number without one.
     * @param rateLimit The most messages a second that all replicas together send through it; no limit when not set.
     */
    public record Provider(
            @NotBlank String host,
            @DefaultValue("587") @Min(1) @Max(65535) int port,
            @Nullable String username,
            @Nullable String password,
            @NotBlank String from,
            @DefaultValue("auto") Encryption encryption,
            @DefaultValue("10s") @DurationMin(millis = 100) Duration connectTimeout,
            @DefaultValue("30s") @DurationMin(millis = 100) Duration readTimeout,
            @DefaultValue("30s") @DurationMin(millis = 100) Duration writeTimeout,
            @DefaultValue("16") @Min(1) @Max(1000) int maxConnections,
            @Min(1) @Nullable Integer inFlight,

            @DecimalMin("0.01") @DecimalMax("10000") @Nullable
            Double rateLimit) {

        @Override
        public String toString() {
            return "Provider[" + host + ":" + port + "]";
        }
    }

    /**
     * The policy of event types that say nothing themselves.
     *
     * @param provider The provider that takes them: {@code default} is the one of {@code spring.mail.*}.
     * @param initialInterval The wait between the first attempt and the second.
     * @param factor By which each wait is longer than the one before.
     * @param maxInterval The longest wait between two attempts.
     * @param maxAttempts After how many attempts that reached a provider the row fails; 0 for never.
     * @param attemptDeadline How long one attempt may take.
     * @param onAmbiguous What happens when a message may have been accepted, but its reply was never read.
     * @param onFailed What a failed row means for the rows behind it in its shard, as it was when the row was claimed.
     */
    public record Delivery(
            @DefaultValue("default") @NotBlank String provider,
            @DefaultValue("30s") @DurationMin(millis = 1) Duration initialInterval,
            @DefaultValue("2") @DecimalMin("1") double factor,
            @DefaultValue("1h") @DurationMin(millis = 1) Duration maxInterval,
            @DefaultValue("12") @Min(0) int maxAttempts,
            @DefaultValue("60s") @DurationMin(seconds = 1) Duration attemptDeadline,
            @DefaultValue("resend") OnAmbiguous onAmbiguous,
            @DefaultValue("block") OnFailed onFailed) {}

    /**
     * What one event type does differently. Everything not set is as under {@code tempost.delivery}.
     *
     * @param provider The provider that takes it.
     * @param initialInterval The wait between the first attempt and the second.
     * @param factor By which each wait is longer than the one before.
     * @param maxInterval The longest wait between two attempts.
     * @param maxAttempts After how many attempts that reached a provider the row fails; 0 for never.
     * @param attemptDeadline How long one attempt may take.
     * @param onAmbiguous What happens when a message may have been accepted, but its reply was never read.
     * @param onFailed What a failed row means for the rows behind it in its shard, as it was when the row was claimed.
     */
    public record EventType(
            @Nullable String provider,
            @DurationMin(millis = 1) @Nullable Duration initialInterval,
            @DecimalMin("1") @Nullable Double factor,
            @DurationMin(millis = 1) @Nullable Duration maxInterval,
            @Min(0) @Nullable Integer maxAttempts,
            @DurationMin(seconds = 1) @Nullable Duration attemptDeadline,
            @Nullable OnAmbiguous onAmbiguous,
            @Nullable OnFailed onFailed) {}

    /**
     * What a tenant gets that differs from the rest.
     *
     * @param weight How many places it gets for each one of a tenant that is not named here, while both wait.
     * @param inFlight How many of its rows may be between their claim and the end of their first attempt, all replicas
     *     together; any number when not set.
     */
    public record Tenant(
            @DefaultValue("1") @Min(1) @Max(1000) int weight,
            @Min(1) @Nullable Integer inFlight) {}

    /**
     * When a provider counts as down, so that its rows wait instead of trying in vain. Refused credentials and failed TLS take it
     * down at once.
     *
     * @param failures After how many failures in a row that are the provider's, not a message's.
     * @param probeInterval The wait before the first probe. Each one that fails doubles it.
     * @param longestProbeInterval The longest wait between two probes; 15 minutes, where that is longer, after a refused login or certificate.
     */
    public record Breaker(
            @DefaultValue("5") @Min(1) int failures,
            @DefaultValue("5s") @DurationMin(millis = 100) Duration probeInterval,
            @DefaultValue("1m") @DurationMin(millis = 100) Duration longestProbeInterval) {}

    /**
     * How PostgreSQL, Temporal and the mail server are watched.
     *
     * @param interval The pause between two looks.
     * @param backlogInterval The shortest pause between two counts of the backlog, which one replica makes for all. Counting
     *     takes at most 0.2 % of the time: 100,000 open rows are counted about once a minute. The longest pause is five minutes.
     */
    public record Health(
            @DefaultValue("5s") @DurationMin(millis = 100) Duration interval,
            @DefaultValue("10s") @DurationMin(millis = 100) Duration backlogInterval) {}

    /**
     * How rows are compared with their workflows.
     *
     * @param interval The pause between two comparisons; what was terminated or lost in Temporal is found after at most that
     *     long and some seconds.
     */
    public record Reconciliation(
            @DefaultValue("45s") @DurationMin(seconds = 1) Duration interval) {}

    /**
     * How long finished rows are kept, by status, and their attempts with them. A removed row's {@code dedup_key} is free
     * again.
     *
     * @param delivered Delivered rows; 0 for ever.
     * @param cancelled Cancelled rows; 0 for ever.
     * @param expired Expired rows; 0 for ever.
     * @param superseded Superseded rows; 0 for ever.
     * @param suppressed Suppressed rows; 0 for ever.
     * @param dismissed Dismissed rows; 0 for ever.
     * @param failed Failed rows, which wait for an operator; 0 for ever.
     * @param interval The pause between two runs.
     * @param longestRun How long one run may go on removing; the next one continues.
     */
    public record Retention(
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration delivered,
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration cancelled,
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration expired,
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration superseded,
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration suppressed,
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration dismissed,
            @DefaultValue("0s") @DurationMin(seconds = 0) Duration failed,
            @DefaultValue("10m") @DurationMin(seconds = 1) Duration interval,

            @DefaultValue("30s") @DurationMin(seconds = 1) @DurationMax(minutes = 4)
            Duration longestRun) {

        /** How long rows of each finished status are kept. */
        public Map<RowStatus, Duration> ages() {
            return Map.of(
                    RowStatus.DELIVERED, delivered,
                    RowStatus.CANCELLED, cancelled,
                    RowStatus.EXPIRED, expired,
                    RowStatus.SUPERSEDED, superseded,
                    RowStatus.SUPPRESSED, suppressed,
                    RowStatus.DISMISSED, dismissed,
                    RowStatus.FAILED, failed);
        }
    }

    /** The policy in force for an event type. */
    public DeliveryPolicy policy(String eventType) {
        EventType own = eventTypes.get(eventType);
        if (own == null) {
            own = new EventType(null, null, null, null, null, null, null, null);
        }
        return new DeliveryPolicy(
                or(own.initialInterval(), delivery.initialInterval()),
                or(own.factor(), delivery.factor()),
                or(own.maxInterval(), delivery.maxInterval()),
                or(own.maxAttempts(), delivery.maxAttempts()),
                or(own.attemptDeadline(), delivery.attemptDeadline()),
                or(own.onAmbiguous(), delivery.onAmbiguous()) == OnAmbiguous.PARK,
                rateLimitedQueue(provider(eventType)));
    }

    /** The name of the provider that takes an event type. */
    public String provider(String eventType) {
        EventType own = eventTypes.get(eventType);
        return own == null ? delivery.provider() : or(own.provider(), delivery.provider());
    }

    /** How many messages a second a provider takes from all replicas together; null for any number. */
    public @Nullable Double rateLimit(String provider) {
        Provider own = providers.get(provider);
        if (own != null) {
            return own.rateLimit();
        }
        return provider.equals(DEFAULT_PROVIDER) ? mail.rateLimit() : null;
    }

    /** The task queue that a provider's rate limit applies to; null when it has none. */
    public @Nullable String rateLimitedQueue(String provider) {
        return rateLimit(provider) == null ? null : temporal.taskQueue() + "-provider-" + provider;
    }

    /** Every task queue with a rate limit, and its messages a second. */
    public Map<String, Double> rateLimitedQueues() {
        Map<String, Double> queues = new LinkedHashMap<>();
        Stream.concat(Stream.of(DEFAULT_PROVIDER), providers.keySet().stream()).forEach(provider -> {
            String queue = rateLimitedQueue(provider);
            Double rate = rateLimit(provider);
            if (queue != null && rate != null) {
                queues.put(queue, rate);
            }
        });
        return queues;
    }

    /**
     * How many rows of a provider may be between their claim and the end of their first attempt, on all replicas together;
     * null for any number. With a rate limit, two seconds' worth and at least one for each partition: Temporal's queue does
     * not run dry between two claims, and the rest waits in PostgreSQL.
     */
    public @Nullable Integer inFlightLimit(String provider) {
        Provider own = providers.get(provider);
        Integer configured = own != null ? own.inFlight() : provider.equals(DEFAULT_PROVIDER) ? mail.inFlight() : null;
        Double rate = rateLimit(provider);
        return configured != null || rate == null
                ? configured
                : Integer.valueOf(Math.max(LEAST_RATE_LIMITED_IN_FLIGHT, (int) Math.ceil(2 * rate)));
    }

    /** The longest a delivery may wait between two attempts, whatever its event type and whatever a server asks for. */
    public Duration longestWait() {
        return Stream.concat(
                        Stream.of(LONGEST_ASKED_FOR, delivery.maxInterval()),
                        eventTypes.values().stream().map(own -> or(own.maxInterval(), delivery.maxInterval())))
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** By provider, how many messages a process sends through it at the same time. */
    public Map<String, Integer> connections() {
        Map<String, Integer> connections = new LinkedHashMap<>();
        connections.put(DEFAULT_PROVIDER, mail.maxConnections());
        providers.forEach((name, provider) -> connections.put(name, provider.maxConnections()));
        return connections;
    }

    /** What can be delivered without these providers. */
    public EventTypes deliverable(Set<String> withoutProviders) {
        return eventTypesOf(provider -> !withoutProviders.contains(provider));
    }

    /** How claims share out places. */
    public ClaimRules claimRules() {
        Map<String, ClaimRules.Share> shares = tenants.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        tenant -> new ClaimRules.Share(
                                tenant.getValue().weight(), tenant.getValue().inFlight())));
        Map<String, Integer> limits = new TreeMap<>();
        Stream.concat(Stream.of(DEFAULT_PROVIDER), providers.keySet().stream()).forEach(provider -> {
            Integer limit = inFlightLimit(provider);
            if (limit != null) {
                limits.put(provider, limit);
            }
        });
        boolean usuallySkipped = delivery.onFailed() == OnFailed.SKIP;
        return new ClaimRules(
                shares,
                limits.entrySet().stream()
                        .map(limit ->
                                new ClaimRules.ProviderLimit(eventTypesOf(limit.getKey()::equals), limit.getValue()))
                        .toList(),
                eventTypes(usuallySkipped, (name, own) -> or(own.onFailed(), delivery.onFailed()) == OnFailed.SKIP));
    }

    private EventTypes eventTypesOf(Predicate<String> providers) {
        return eventTypes(providers.test(delivery.provider()), (name, own) -> providers.test(provider(name)));
    }

    /**
     * A choice of event types.
     *
     * @param usually whether those that say nothing themselves are chosen
     * @param named whether one that is configured is
     */
    private EventTypes eventTypes(boolean usually, BiPredicate<String, EventType> named) {
        return new EventTypes(
                !usually,
                eventTypes.entrySet().stream()
                        .filter(own -> named.test(own.getKey(), own.getValue()) != usually)
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet()));
    }

    private static <T> T or(@Nullable T own, T fallback) {
        return own == null ? fallback : own;
    }
}
