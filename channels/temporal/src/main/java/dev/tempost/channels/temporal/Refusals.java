package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.workflows.FailureType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.ResourceExhaustedCause;
import io.temporal.api.errordetails.v1.NamespaceNotFoundFailure;
import io.temporal.api.errordetails.v1.ResourceExhaustedFailure;
import io.temporal.serviceclient.StatusUtils;
import java.io.EOFException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Says what an answer of Temporal means for the row. Its own words are not repeated: they quote workflow ids, which may be made
 * of a recipient.
 */
final class Refusals {

    // a namespace's limits are by the second
    private static final Duration UNTIL_THERE_IS_ROOM = Duration.ofSeconds(5);

    private record Words(String temporals, String ours) {}

    private static final List<Words> INVALID = List.of(
            new Words(
                    "blob data size exceeds",
                    "its arguments are larger than Temporal allows: make the payload smaller"),
            new Words("workflowid exceeds", "the workflow's id is longer than Temporal allows: correct the row"),
            new Words("workflowid length", "the workflow's id is longer than Temporal allows: correct the row"),
            new Words("limit for signal", "the workflow has had as many signals as Temporal allows"),
            new Words("signal name exceeds", "the signal's name is longer than Temporal allows: correct the setting"),
            new Words("signalname length", "the signal's name is longer than Temporal allows: correct the setting"),
            new Words(
                    "workflow type", "the workflow's type is no name for Temporal: correct the setting workflow-type"),
            new Words("workflowtype", "the workflow's type is no name for Temporal: correct the setting workflow-type"),
            new Words("task queue", "the task queue is no name for Temporal: correct the setting task-queue"),
            new Words("taskqueue", "the task queue is no name for Temporal: correct the setting task-queue"),
            new Words("search attribute", "a search attribute is not known in the namespace"),
            new Words("timeout", "Temporal does not allow this execution timeout: correct the setting"));

    private Refusals() {}

    /** Whether nothing is known of what became of the request. */
    static boolean isUnanswered(StatusRuntimeException e) {
        return switch (e.getStatus().getCode()) {
            case OK, NOT_FOUND, ALREADY_EXISTS, INVALID_ARGUMENT, FAILED_PRECONDITION -> false;
            case PERMISSION_DENIED, UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNIMPLEMENTED -> false;
            case CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
        };
    }

    static boolean isNoNamespace(StatusRuntimeException e) {
        return StatusUtils.hasFailure(e, NamespaceNotFoundFailure.class);
    }

    /** For a request of which it is known that it came to nothing. */
    static Outcome outcome(StatusRuntimeException e, String namespace) {
        Status.Code code = e.getStatus().getCode();
        return switch (code) {
            case INVALID_ARGUMENT -> rejected(invalid(e));
            case RESOURCE_EXHAUSTED -> exhausted(e);
            case PERMISSION_DENIED, UNAUTHENTICATED ->
                new Outcome.ChannelDown(
                        FailureType.CREDENTIALS_REJECTED,
                        "Temporal refuses us in namespace " + namespace + " (" + code
                                + "): correct the API key, the certificate or its rights");
            case NOT_FOUND ->
                new Outcome.ChannelDown(
                        FailureType.PROTOCOL_ERROR,
                        "Temporal knows no namespace " + namespace + ": create it, or correct the setting namespace");
            case UNIMPLEMENTED ->
                new Outcome.ChannelDown(
                        FailureType.PROTOCOL_ERROR,
                        "what answers is no Temporal, or too old a one (UNIMPLEMENTED): correct the setting target");
            default ->
                isTlsRefused(e)
                        ? new Outcome.ChannelDown(
                                FailureType.CREDENTIALS_REJECTED,
                                "no TLS with Temporal: correct its certificate, ours, or the setting tls")
                        : new Outcome.Transient(
                                Fault.PROVIDER,
                                FailureType.PROVIDER_UNAVAILABLE,
                                "Temporal could not be asked (" + code + ")",
                                null,
                                false);
        };
    }

    /** What the same answer says of the server. */
    static Health health(StatusRuntimeException e, String namespace) {
        Outcome outcome = outcome(e, namespace);
        return switch (outcome) {
            case Outcome.ChannelDown(String type, String reply) -> new Health.Down(type, reply);
            case Outcome.Permanent(String type, String reply, boolean reached) -> new Health.Down(type, reply);
            case Outcome.Throttled(String reply, Duration asked) ->
                new Health.Away(FailureType.THROTTLED, reply, asked);
            case Outcome.Transient failure -> new Health.Away(failure.type(), failure.reply(), failure.retryAfter());
            case Outcome.Accepted a -> throw unheardOf(a);
            case Outcome.Ambiguous a -> throw unheardOf(a);
        };
    }

    private static IllegalStateException unheardOf(Outcome outcome) {
        return new IllegalStateException("a refusal, and yet " + outcome);
    }

    private static Outcome exhausted(StatusRuntimeException e) {
        ResourceExhaustedFailure failure = StatusUtils.getFailure(e, ResourceExhaustedFailure.class);
        if (failure == null && description(e).contains("maximum size")) {
            return rejected("its arguments are larger than Temporal allows: make the payload smaller");
        }
        return failure != null && failure.getCause() == ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW
                ? new Outcome.Transient(
                        Fault.MESSAGE,
                        FailureType.WORKFLOW_BUSY,
                        "Temporal: the workflow of this id is too busy just now, or was started a moment ago",
                        UNTIL_THERE_IS_ROOM,
                        true)
                : new Outcome.Throttled("Temporal: a rate or a limit is used up", UNTIL_THERE_IS_ROOM);
    }

    private static Outcome rejected(String reply) {
        return new Outcome.Permanent(FailureType.MESSAGE_REJECTED, reply, true);
    }

    private static String invalid(StatusRuntimeException e) {
        String said = description(e);
        return INVALID.stream()
                .filter(words -> said.contains(words.temporals()))
                .map(Words::ours)
                .findFirst()
                .orElse("Temporal refuses the request as invalid: look at the row and at the provider's settings");
    }

    private static String description(StatusRuntimeException e) {
        return Objects.requireNonNullElse(e.getStatus().getDescription(), "").toLowerCase(Locale.ROOT);
    }

    // a connection that merely breaks during the handshake is no refusal
    private static boolean isTlsRefused(StatusRuntimeException e) {
        if (has(e, CertificateException.class)) {
            return true;
        }
        return has(e, SSLException.class)
                && !has(e, EOFException.class)
                && !has(e, SocketException.class)
                && !has(e, SocketTimeoutException.class);
    }

    private static boolean has(Throwable failure, Class<? extends Throwable> type) {
        @Nullable Throwable at = failure;
        while (at != null && !type.isInstance(at)) {
            at = at.getCause();
        }
        return at != null;
    }
}
