package dev.tempost.app.config;

import dev.tempost.channels.temporal.IdConflictPolicy;
import dev.tempost.channels.temporal.IdReusePolicy;
import dev.tempost.channels.temporal.WorkflowProvider.Arguments;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * A workflow of your own that rows start or signal.
 *
 * @param action What a row does: {@code start} a workflow, {@code signal} one that runs, or {@code signal-with-start}: signal it,
 *     and start it with the signal where none runs.
 * @param workflowType The type of the workflow to start. Required, but for {@code signal}.
 * @param taskQueue The task queue that its workers poll. Required, but for {@code signal}.
 * @param workflowId What the workflow's id is made of: text, and in braces {@code key}, {@code tenant}, {@code recipient} or
 *     {@code payload.<field>}, as in order-{payload.orderId}. Whoever sees the namespace sees ids. When not set, the row's key,
 *     which no workflow has that could be signalled.
 * @param signal The name of the signal. Required, but for {@code start}.
 * @param arguments What the workflow or the signal is told, in Temporal, where its history keeps it: the {@code payload} as one
 *     argument, or each element of the payload's array {@code arguments}, {@code list}.
 * @param idConflictPolicy What becomes of a row where a workflow of its id runs that another request started: {@code fail}, as when
 *     not set, {@code use-existing} or {@code terminate-existing}. Only with {@code start}.
 * @param idReusePolicy Whether a workflow may be started where one of its id is closed that another request started. Only
 *     {@code reject-duplicate} keeps one start one, however long its reply is lost.
 * @param executionTimeout How long a started workflow may take; for ever when not set.
 * @param target The frontend of the Temporal that runs it, {@code host:port}; Tempost's own when not set.
 * @param namespace Its namespace; Tempost's own when not set.
 * @param tls Whether that frontend is spoken to by TLS; when not set, it is unless it is on this machine.
 * @param apiKey The API key for that frontend.
 * @param certificate The file with the certificate that frontend knows us by.
 * @param certificateKey The file with its key, in PKCS 8.
 * @param maxConnections How many rows this process asks for at the same time, at most.
 * @param inFlight How many rows may be between their claim and the end of their first attempt, all replicas together. When not
 *     set, two seconds' worth of the rate limit, or any number without one.
 * @param rateLimit The most rows a second that all replicas together ask for; no limit when not set.
 */
public record WorkflowSettings(
        @DefaultValue("start") Action action,
        @Nullable String workflowType,
        @Nullable String taskQueue,
        @Nullable String workflowId,
        @Nullable String signal,
        @DefaultValue("payload") Arguments arguments,
        @Nullable IdConflictPolicy idConflictPolicy,
        @DefaultValue("reject-duplicate") IdReusePolicy idReusePolicy,
        @DurationMin(seconds = 1) @Nullable Duration executionTimeout,
        @Nullable String target,
        @Nullable String namespace,
        @Nullable Boolean tls,
        @Nullable String apiKey,
        @Nullable Path certificate,
        @Nullable Path certificateKey,
        @DefaultValue("16") @Min(1) @Max(1000) int maxConnections,
        @Min(1) @Nullable Integer inFlight,

        @DecimalMin("0.01") @DecimalMax("10000") @Nullable Double rateLimit)
        implements ProviderLimits {

    /** What a row does. */
    public enum Action {
        START,
        SIGNAL,
        SIGNAL_WITH_START
    }

    /** Whether a request whose reply was lost may be made again at any time, and is still done once. */
    public boolean answersAgain() {
        return action == Action.START && idReusePolicy == IdReusePolicy.REJECT_DUPLICATE;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "WorkflowSettings[" + action + " " + workflowType + "]";
    }
}
