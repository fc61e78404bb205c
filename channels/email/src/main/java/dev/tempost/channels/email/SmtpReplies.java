package dev.tempost.channels.email;

import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.reply.Mask;
import dev.tempost.activities.reply.Personal;
import dev.tempost.workflows.FailureType;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says what the end of an SMTP conversation means for the row. */
final class SmtpReplies {

    private SmtpReplies() {}

    static Outcome outcome(SmtpEnd end, Mask mask) {
        return switch (end) {
            case SmtpEnd.Replied replied -> SmtpReply.of(replied, mask).outcome();
            case SmtpEnd.Broken broken -> broken(broken);
            case SmtpEnd.Unfit unfit ->
                new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, mask.apply(unfit.what()));
            // our own words, in which a mask would hide the setting
            case SmtpEnd.NoLogin(String what) -> new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, what);
            case SmtpEnd.NeedsSmtpUtf8 needsSmtpUtf8 ->
                new Outcome.Permanent(
                        FailureType.RECIPIENT_INVALID,
                        "column recipient has a local part beyond ASCII and the provider does not offer SMTPUTF8: set"
                                + " it to an ASCII address, or use another provider, then retry",
                        false);
            case SmtpEnd.NotBegun notBegun ->
                new Outcome.Transient(
                        Fault.OURS,
                        FailureType.ATTEMPT_IN_PROGRESS,
                        "not sent: the attempt's deadline was too near, or another attempt took its place",
                        null,
                        false);
            case SmtpEnd.Busy busy ->
                new Outcome.Transient(
                        Fault.OURS,
                        FailureType.CONNECTIONS_BUSY,
                        "not sent: all " + busy.maxConnections() + " connections to the provider were busy",
                        null,
                        false);
        };
    }

    /** @param end how far a probe got; null when it got through */
    static Health health(@Nullable SmtpEnd end, Mask mask) {
        if (end == null) {
            return new Health.Ready();
        }
        Outcome outcome = outcome(end, mask);
        return switch (outcome) {
            case Outcome.ChannelDown(String type, String reply) -> new Health.Down(type, reply);
            // it would refuse every message alike
            case Outcome.Permanent(String type, String reply, boolean reached) -> new Health.Down(type, reply);
            case Outcome.Transient failure -> new Health.Away(failure.type(), failure.reply(), failure.retryAfter());
            case Outcome.Throttled(String reply, Duration retryAfter) ->
                new Health.Away(FailureType.THROTTLED, reply, retryAfter);
            case Outcome.Accepted a -> throw unheardOf(a);
            case Outcome.Ambiguous a -> throw unheardOf(a);
        };
    }

    private static IllegalStateException unheardOf(Outcome outcome) {
        return new IllegalStateException("a probe sends no message, and yet ended as " + outcome);
    }

    private static Outcome broken(SmtpEnd.Broken end) {
        String what = describe(end);
        if (end.phase() == SmtpPhase.DOT) {
            return new Outcome.Ambiguous(what);
        }
        if (end.phase().compareTo(SmtpPhase.AUTH) < 0 && isTlsRefused(end.cause())) {
            return new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, what);
        }
        Fault fault = end.phase().fault();
        return new Outcome.Transient(fault, FailureType.PROVIDER_UNAVAILABLE, what, null, fault == Fault.MESSAGE);
    }

    // no text of an exception but that of the TLS layer: others may quote a command, and so an address
    private static String describe(SmtpEnd.Broken end) {
        String what = end.what();
        if (has(end.cause(), UnknownHostException.class)) {
            what = end.phase() == SmtpPhase.TOKEN
                    ? "the token endpoint's host name is unknown"
                    : "the provider's host name is unknown";
        } else if (has(end.cause(), SocketTimeoutException.class)) {
            what = end.phase().compareTo(SmtpPhase.CONNECT) <= 0 ? "timed out" : "timed out waiting for the server";
        } else if (has(end.cause(), ConnectException.class)) {
            what = "connection refused";
        } else if (find(end.cause(), SSLException.class) instanceof SSLException tls) {
            what = new Mask(Personal.NOTHING).apply("TLS: " + tls.getMessage());
        }
        return what + " (" + (end.phase() == SmtpPhase.DOT ? "after the final dot" : "at " + end.phase()) + ")";
    }

    // a connection that merely breaks during the handshake is no refusal
    private static boolean isTlsRefused(@Nullable Throwable cause) {
        if (has(cause, CertificateException.class)) {
            return true;
        }
        return has(cause, SSLException.class)
                && !has(cause, EOFException.class)
                && !has(cause, SocketException.class)
                && !has(cause, SocketTimeoutException.class);
    }

    private static boolean has(@Nullable Throwable cause, Class<? extends Throwable> type) {
        return find(cause, type) != null;
    }

    private static @Nullable Throwable find(@Nullable Throwable cause, Class<? extends Throwable> type) {
        Throwable at = cause;
        while (at != null && !type.isInstance(at)) {
            at = at.getCause();
        }
        return at;
    }
}
