package dev.tempost.app.config;

import dev.tempost.outbox.rows.RowStatus;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Everything under {@code tempost}.
 *
 * @param roles What this process does: {@code starter} claims rows and starts their workflows, {@code worker} runs them,
 *     {@code console} serves pages to operators.
 * @param templates The folder that holds one template folder per event type.
 * @param mailHeaders The headers that a row may add to its mail, below {@code mail} in its column {@code headers}. A row with
 *     another fails. For whoever needs more, or trusts producers with less: the whole list.
 * @param schema The database schema.
 * @param starter The poller.
 * @param worker The Temporal worker.
 * @param temporal Names used in Temporal.
 * @param providers The mail providers, by name. {@code default} is always there.
 * @param webhooks The webhooks, by name.
 * @param workflows Workflows of your own, by name: what event types call them as their provider.
 * @param delivery How event types are delivered that say nothing themselves.
 * @param eventTypes What an event type does differently, by its name.
 * @param tenants What a tenant gets that differs from the rest, by its name.
 * @param reconciliation How rows are compared with their workflows.
 * @param retention How long finished rows are kept, and their attempts with them.
 */
@Validated
@ConfigurationProperties("tempost")
public record TempostProperties(
        @DefaultValue({"starter", "worker", "console"}) @NotEmpty
        Set<Role> roles,

        @DefaultValue("templates") Path templates,

        @DefaultValue({
            "Reply-To",
            "In-Reply-To",
            "References",
            "List-Id",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "Auto-Submitted",
            "Precedence",
            "Feedback-ID",
            "X-Entity-Ref-ID"
        })
        List<String> mailHeaders,

        @Valid @DefaultValue SchemaSettings schema,
        @Valid @DefaultValue Starter starter,
        @Valid @DefaultValue Worker worker,
        @Valid @DefaultValue Temporal temporal,
        @DefaultValue Map<String, @Valid Provider> providers,
        @DefaultValue Map<String, @Valid WebhookSettings> webhooks,
        @DefaultValue Map<String, @Valid WorkflowSettings> workflows,
        @Valid @DefaultValue Delivery delivery,
        @DefaultValue Map<String, @Valid EventType> eventTypes,
        @DefaultValue Map<String, @Valid Tenant> tenants,
        @Valid @DefaultValue Reconciliation reconciliation,
        @Valid @DefaultValue Retention retention) {

    /** The provider that {@code spring.mail.*} describes as well. */
    public static final String DEFAULT_PROVIDER = "default";

    public TempostProperties {
        Map<String, Provider> all = new LinkedHashMap<>();
        all.put(DEFAULT_PROVIDER, Provider.UNSAID);
        all.putAll(providers);
        providers = all;
        providers.forEach(TempostProperties::checkProvider);
        limits(channels(providers, webhooks, workflows));
        checkIntervals("tempost.delivery", delivery);
        eventTypes.forEach((name, own) -> checkIntervals("tempost.event-types." + name, delivery.with(own)));
    }

    /** How much each provider is given, by its name. A provider is of one channel: names are unique over all of them. */
    public Map<String, ProviderLimits> limits() {
        return limits(channels(providers, webhooks, workflows));
    }

    /** The providers of each channel, by what their settings begin with. */
    private static Map<String, Map<String, ? extends ProviderLimits>> channels(
            Map<String, Provider> providers,
            Map<String, WebhookSettings> webhooks,
            Map<String, WorkflowSettings> workflows) {
        Map<String, Map<String, ? extends ProviderLimits>> channels = new LinkedHashMap<>();
        channels.put("tempost.providers", providers);
        channels.put("tempost.webhooks", webhooks);
        channels.put("tempost.workflows", workflows);
        return channels;
    }

    private static Map<String, ProviderLimits> limits(Map<String, Map<String, ? extends ProviderLimits>> channels) {
        Map<String, ProviderLimits> limits = new LinkedHashMap<>();
        Map<String, String> prefixes = new HashMap<>();
        channels.forEach((prefix, ofChannel) -> ofChannel.forEach((name, provider) -> {
            String other = prefixes.put(name, prefix);
            if (other != null) {
                throw new IllegalArgumentException(prefix + "." + name + ": there is " + other + "." + name
                        + ", too, and event types choose a provider by its name alone: give one of them another");
            }
            limits.put(name, provider);
        }));
        return limits;
    }

    private static void checkProvider(String name, Provider provider) {
        if (!name.equals(DEFAULT_PROVIDER)) {
            checkSaid(provider.host(), name, "host", "the mail server, for instance smtp." + name + ".example");
            checkSaid(
                    provider.from(),
                    name,
                    "from",
                    "the sender of its mails, for instance 'Example <hello@example.com>'");
        }
    }

    private static void checkSaid(@Nullable String value, String provider, String key, String what) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(
                    "tempost.providers." + provider + "." + key + " is not set: name " + what);
        }
    }

    private static void checkIntervals(String prefix, Delivery policy) {
        Duration initial = policy.initialInterval();
        Duration longest = policy.maxInterval();
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

    /** Whether rows share a workflow. */
    public enum Lane {
        /** Each row has a workflow of its own. */
        OWN,
        /** Rows travel in batches of a few hundred. */
        BULK,
        /** In batches as long as more rows wait than there is room for on their own. */
        AUTO
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
     * @param capacity How many deliveries of this replica may wait for Temporal to begin them, at most; it takes fewer by itself
     *     while they queue up there. Rows of priority 1 may go beyond it by a third. Those that are being sent do not count: each
     *     provider's {@code max-connections} bounds them. For whoever shares a small Temporal with others: lower.
     * @param lease How long a claimed row belongs to this replica before another one asks Temporal what became of it. For whoever
     *     cannot wait that long after a replica has crashed: shorter, at the price of asking after each send that takes longer.
     * @param tenant The only tenant whose rows this process claims; all when not set. For whoever runs a process per tenant.
     */
    public record Starter(
            @DefaultValue("32") @Min(1) @Max(1000) int capacity,
            @DefaultValue("20s") @DurationMin(seconds = 1) Duration lease,
            @Nullable String tenant) {}

    /**
     * The Temporal worker.
     *
     * @param grace How long a shutdown may take: nothing more is claimed, and what is being sent may finish. For whoever's
     *     platform kills a process sooner: shorter than that.
     */
    public record Worker(
            @DefaultValue("60s") @DurationMin(seconds = 0) Duration grace) {}

    /**
     * Names used in Temporal.
     *
     * @param taskQueue The task queue of deliveries. The schedules are named after it: {@code tempost-reconcile} and
     *     {@code tempost-retain}. For whoever runs two outboxes in one namespace: one name each.
     * @param attributePrefix What the names of the search attributes begin with. For whoever shares a namespace with somebody
     *     whose attributes have these names already.
     * @param uiUrl Where Temporal's Web UI is, for links from the console and the ops API, for instance
     *     {@code https://temporal.example.org}; no links when not set.
     */
    public record Temporal(
            @DefaultValue("tempost") @NotBlank String taskQueue,
            @DefaultValue("Tempost") @NotBlank String attributePrefix,
            @Nullable String uiUrl) {}

    /**
     * A mail provider.
     *
     * @param host The server's name. Required, but for {@code default}, which takes that of {@code spring.mail.host}.
     * @param port Its port; 587 when not set, and that of {@code spring.mail.port} for {@code default}.
     * @param username The user to log in as; none when not set, and that of {@code spring.mail.username} for {@code default}.
     * @param password The user's password; for {@code default}, that of {@code spring.mail.password} when not set.
     * @param passwordFile A file that holds the password instead. It is read at each login, so a new one needs no restart.
     * @param oauth How access tokens are had, by which to log in instead of by a password (XOAUTH2).
     * @param from The sender of every mail, for instance {@code Westside <mail@westside.example>}. Required; for
     *     {@code default}, by the worker role.
     * @param encryption How the conversation is protected. {@code none} is refused together with a user name, unless the server
     *     is on this machine.
     * @param timeout How long to wait for each reply and for each write, and, ten seconds at most, for a connection.
     * @param maxConnections The most connections this process keeps to the server, and so how many messages it sends through it
     *     at the same time. A replica claims that many rows for it and half as many more.
     * @param inFlight How many rows may be between their claim and the end of their first attempt, all replicas together. When
     *     not set, two seconds' worth of the rate limit, or any number without one.
     * @param rateLimit The most messages a second that all replicas together send through it; no limit when not set.
     * @param fallback The provider that sends in its place while it is down; none when not set. That one may have a fallback, too.
     * @param fallbackAfter How long it has to be down until its fallback takes over; 0 for at once.
     */
    public record Provider(
            @Nullable String host,
            @Min(1) @Max(65535) @Nullable Integer port,
            @Nullable String username,
            @Nullable String password,
            @Nullable Path passwordFile,
            @Nullable OAuth oauth,
            @Nullable String from,
            @DefaultValue("auto") Encryption encryption,
            @DefaultValue("30s") @DurationMin(millis = 100) Duration timeout,
            @DefaultValue("16") @Min(1) @Max(1000) int maxConnections,
            @Min(1) @Nullable Integer inFlight,

            @DecimalMin("0.01") @DecimalMax("10000") @Nullable
            Double rateLimit,

            @Nullable String fallback,
            @DefaultValue("5m") @DurationMin(seconds = 0) Duration fallbackAfter)
            implements ProviderLimits {

        private static final Provider UNSAID =
                new Binder().bindOrCreate("tempost.providers." + DEFAULT_PROVIDER, Provider.class);

        @Override
        public String toString() {
            return "Provider[" + host + ":" + port + "]";
        }
    }

    /**
     * How access tokens are had. Files are read at each login, so that a new content needs no restart.
     *
     * @param tokenUri Where they are asked for, by {@code https}. Required, but for a service account: Google's.
     * @param clientId What our client is called there. Required, but for a service account.
     * @param clientSecretFile The file with the client's secret. Required without a refresh token.
     * @param refreshTokenFile The file with a refresh token; without one, the client asks on its own behalf.
     * @param serviceAccountFile The file with the JSON key of a Google service account, which signs that it acts for
     *     {@code username}, instead of a client.
     * @param scope What the tokens shall be good for. Required for a client without a refresh token;
     *     {@code https://mail.google.com/} for a service account when not set.
     */
    public record OAuth(
            @Nullable URI tokenUri,
            @Nullable String clientId,
            @Nullable Path clientSecretFile,
            @Nullable Path refreshTokenFile,
            @Nullable Path serviceAccountFile,
            @Nullable String scope) {}

    /**
     * The policy of event types that say nothing themselves.
     *
     * @param provider The provider that takes them.
     * @param initialInterval The wait between the first attempt and the second.
     * @param factor By which each wait is longer than the one before.
     * @param maxInterval The longest wait between two attempts.
     * @param maxAttempts After how many attempts that reached a provider the row fails; 0 for never.
     * @param attemptDeadline How long one attempt may take.
     * @param onAmbiguous What happens when a message may have been accepted, but its reply was never read.
     * @param onFailed What a failed row means for the rows behind it in its shard, as it was when the row was claimed.
     * @param lane Whether each row has a workflow of its own, {@code own}, or a few hundred share one, {@code bulk}; with
     *     {@code auto} they do while more wait than there is room for on their own. Rows of priority 1, with a {@code shard_key}, or
     *     of a provider with a rate limit are always on their own.
     */
    public record Delivery(
            @DefaultValue("default") @NotBlank String provider,
            @DefaultValue("30s") @DurationMin(millis = 1) Duration initialInterval,
            @DefaultValue("2") @DecimalMin("1") double factor,
            @DefaultValue("1h") @DurationMin(millis = 1) Duration maxInterval,
            @DefaultValue("12") @Min(0) int maxAttempts,
            @DefaultValue("60s") @DurationMin(seconds = 1) Duration attemptDeadline,
            @DefaultValue("resend") OnAmbiguous onAmbiguous,
            @DefaultValue("block") OnFailed onFailed,
            @DefaultValue("own") Lane lane) {

        /** The same where an event type says nothing else. */
        public Delivery with(EventType own) {
            return new Delivery(
                    or(own.provider(), provider),
                    or(own.initialInterval(), initialInterval),
                    or(own.factor(), factor),
                    or(own.maxInterval(), maxInterval),
                    or(own.maxAttempts(), maxAttempts),
                    or(own.attemptDeadline(), attemptDeadline),
                    or(own.onAmbiguous(), onAmbiguous),
                    or(own.onFailed(), onFailed),
                    or(own.lane(), lane));
        }
    }

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
     * @param lane Whether each row has a workflow of its own.
     * @param ignoreUnsubscribed Whether its mail goes to addresses that unsubscribed, too; never to those that bounced, complained,
     *     or were suppressed by an operator. For mail that its reader has just asked for, such as a link to log in.
     */
    public record EventType(
            @Nullable String provider,
            @DurationMin(millis = 1) @Nullable Duration initialInterval,
            @DecimalMin("1") @Nullable Double factor,
            @DurationMin(millis = 1) @Nullable Duration maxInterval,
            @Min(0) @Nullable Integer maxAttempts,
            @DurationMin(seconds = 1) @Nullable Duration attemptDeadline,
            @Nullable OnAmbiguous onAmbiguous,
            @Nullable OnFailed onFailed,
            @Nullable Lane lane,
            @DefaultValue("false") boolean ignoreUnsubscribed) {}

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
     * How rows are compared with their workflows.
     *
     * @param interval The pause between two comparisons; what was terminated or lost in Temporal is found after at most that
     *     long and some seconds. For whoever pays Temporal by the action: longer.
     */
    public record Reconciliation(
            @DefaultValue("45s") @DurationMin(seconds = 1) Duration interval) {}

    /**
     * How long finished rows are kept, and their attempts with them. A removed row's {@code dedup_key} is free again.
     *
     * @param after How long a row is kept once it is delivered, cancelled, expired, superseded, suppressed or dismissed; 0 for
     *     ever. For whoever has to prove, or must no longer keep, what was sent.
     * @param failed How long a failed row is kept, which waits for an operator; 0 for ever.
     * @param scrub By status, how long after its end a row loses its recipient, payload, headers and the replies to it, while the
     *     row itself stays; 0, or no entry, for as long as the row. A failed row that was scrubbed cannot be retried. For whoever
     *     must keep what happened longer than to whom.
     */
    public record Retention(
            @DefaultValue("30d") @DurationMin(seconds = 0) Duration after,
            @DefaultValue("0s") @DurationMin(seconds = 0) Duration failed,
            @DefaultValue Map<RowStatus, @DurationMin(seconds = 0) Duration> scrub) {

        public Retention {
            for (RowStatus open : List.of(RowStatus.PENDING, RowStatus.DISPATCHED)) {
                if (scrub.containsKey(open)) {
                    throw new IllegalArgumentException(
                            "tempost.retention.scrub." + open.column()
                                    + ": such a row is not finished, its content is needed: take another status, for instance failed");
                }
            }
        }
    }

    private static <T> T or(@Nullable T own, T fallback) {
        return own == null ? fallback : own;
    }
}
