package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.reply.Mask;
import dev.tempost.activities.reply.Personal;
import dev.tempost.workflows.FailureType;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.apache.hc.core5.http.impl.EnglishReasonPhraseCatalog;
import org.jspecify.annotations.Nullable;

/** What an end means for the row: one table for all of them. */
final class WebhookReplies {

    private WebhookReplies() {}

    /**
     * What came of a message.
     *
     * @param toRecipient whether the row said itself where it goes: who is away there is no provider, and takes none down
     */
    static Outcome outcome(WebhookEnd end, Mask mask, boolean toRecipient) {
        return switch (end) {
            case WebhookEnd.Answered answered -> answered(answered, mask, toRecipient);
            case WebhookEnd.Lost(IOException cause) -> new Outcome.Ambiguous(describe(cause) + " (after the request)");
            case WebhookEnd.Unreached(IOException cause) -> unreached(cause, toRecipient);
            case WebhookEnd.NotBegun notBegun ->
                ours(
                        FailureType.ATTEMPT_IN_PROGRESS,
                        "not sent: the attempt's deadline was too near, or another attempt took its place");
            case WebhookEnd.Busy(int maxConnections) ->
                ours(
                        FailureType.CONNECTIONS_BUSY,
                        "not sent: all " + maxConnections + " connections to the provider were busy");
        };
    }

    /** @param end why a probe got nowhere; null when it got through */
    static Health health(@Nullable WebhookEnd end) {
        if (end == null) {
            return new Health.Ready();
        }
        return switch (outcome(end, new Mask(Personal.NOTHING), false)) {
            case Outcome.ChannelDown(String type, String reply) -> new Health.Down(type, reply);
            case Outcome.Transient failure -> new Health.Away(failure.type(), failure.reply(), failure.retryAfter());
            case Outcome other ->
                throw new IllegalStateException("a probe sends no request, and yet ended as " + other);
        };
    }

    static Outcome ours(String type, String what) {
        return new Outcome.Transient(Fault.OURS, type, what, null, false);
    }

    private static Outcome answered(WebhookEnd.Answered answer, Mask mask, boolean toRecipient) {
        int status = answer.status();
        if (status < 200 || status > 599) {
            return notNow(FailureType.PROTOCOL_ERROR, status + " is no status that ends a request", answer);
        }
        String reply = mask.apply(status + " " + phrase(status) + " "
                + answer.body().replaceAll("[\\p{Cntrl}\\s]+", " ").strip());
        if (status <= 299) {
            return new Outcome.Accepted(reply, null);
        }
        return switch (status) {
            case 429 ->
                toRecipient
                        ? notNow(FailureType.THROTTLED, reply, answer)
                        : new Outcome.Throttled(reply, answer.retryAfter());
            // a secret or a login that somebody corrects, or one message that a firewall dislikes: nobody can tell
            case 401, 403 -> notNow(FailureType.CREDENTIALS_REJECTED, reply, answer);
            case 408, 425 -> notNow(FailureType.PROVIDER_UNAVAILABLE, reply, answer);
            default ->
                status <= 499
                        ? new Outcome.Permanent(FailureType.MESSAGE_REJECTED, reply, true)
                        : notNow(FailureType.PROVIDER_UNAVAILABLE, reply, answer);
        };
    }

    private static Outcome notNow(String type, String reply, WebhookEnd.Answered answer) {
        return new Outcome.Transient(Fault.MESSAGE, type, reply, answer.retryAfter(), true);
    }

    // not the one that was sent, which could be anything
    private static String phrase(int status) {
        String phrase = EnglishReasonPhraseCatalog.INSTANCE.getReason(status, Locale.ROOT);
        return phrase == null ? "" : phrase;
    }

    private static Outcome unreached(IOException cause, boolean toRecipient) {
        String what = describe(cause);
        String type = isTlsRefused(cause)
                ? FailureType.CREDENTIALS_REJECTED
                : has(cause, GuardedResolver.Refused.class)
                        ? FailureType.PROTOCOL_ERROR
                        : FailureType.PROVIDER_UNAVAILABLE;
        if (toRecipient) {
            return new Outcome.Transient(Fault.MESSAGE, type, what, null, true);
        }
        return type.equals(FailureType.PROVIDER_UNAVAILABLE)
                ? new Outcome.Transient(Fault.PROVIDER, type, what, null, false)
                : new Outcome.ChannelDown(type, what);
    }

    // no text of an exception but that of the TLS layer, since others may quote the host or the request, and our own
    private static String describe(IOException cause) {
        if (find(cause, GuardedResolver.Refused.class) instanceof UnknownHostException refused) {
            return "nothing was sent: " + refused.getMessage();
        }
        if (has(cause, UnknownHostException.class)) {
            return "the host name is unknown";
        }
        if (has(cause, SocketTimeoutException.class)) {
            return "timed out";
        }
        if (has(cause, ConnectException.class)) {
            return "connection refused";
        }
        if (find(cause, SSLException.class) instanceof SSLException tls) {
            return new Mask(Personal.NOTHING).apply("TLS: " + tls.getMessage());
        }
        return "connection lost";
    }

    // a connection that merely breaks during the handshake is no refusal
    private static boolean isTlsRefused(IOException cause) {
        return has(cause, CertificateException.class)
                || (has(cause, SSLException.class)
                        && !has(cause, EOFException.class)
                        && !has(cause, SocketException.class)
                        && !has(cause, SocketTimeoutException.class));
    }

    private static boolean has(Throwable cause, Class<? extends Throwable> type) {
        return find(cause, type) != null;
    }

    private static @Nullable Throwable find(Throwable cause, Class<? extends Throwable> type) {
        Throwable at = cause;
        while (at != null && !type.isInstance(at)) {
            at = at.getCause();
        }
        return at;
    }
}
