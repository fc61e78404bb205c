package dev.tempost.activities.email;

import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.workflows.FailureType;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says what the end of an SMTP conversation means for the row. */
final class SmtpReplies {

    private static final Pattern ENHANCED = Pattern.compile("^\\d{3}[ -]([245]\\.\\d{1,3}\\.\\d{1,3})\\b");
    private static final Pattern GREYLISTING = Pattern.compile("gr[ea]y-?\\s?list", Pattern.CASE_INSENSITIVE);
    private static final Pattern QUOTA = Pattern.compile(
            "quota|throttl|rate[ -]?limit|(?:sending|message|messages|hourly|daily|monthly|recipient|rate) limit"
                    + "|too many (?:messages|e?mails|connections|requests)|too fast|slow down",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern SIZE = Pattern.compile("\\bsize\\b|too (?:large|big)", Pattern.CASE_INSENSITIVE);
    private static final Pattern TOO_MANY_RECIPIENTS = Pattern.compile("too many recipients", Pattern.CASE_INSENSITIVE);
    private static final Pattern QUEUED_AS =
            Pattern.compile("(?:queued as|\\bid[= ])\\s*<?([A-Za-z0-9._-]{4,100})", Pattern.CASE_INSENSITIVE);

    private SmtpReplies() {}

    static Outcome outcome(SmtpEnd end, Mask mask) {
        return switch (end) {
            case SmtpEnd.Replied replied -> replied(replied, mask);
            case SmtpEnd.Broken broken -> broken(broken);
            case SmtpEnd.Unfit unfit ->
                new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, mask.apply(unfit.what()));
            case SmtpEnd.NeedsSmtpUtf8 needsSmtpUtf8 ->
                new Outcome.Permanent(
                        FailureType.RECIPIENT_INVALID,
                        "column recipient has a local part beyond ASCII and the provider does not offer SMTPUTF8: set"
                                + " it to an ASCII address, or use another provider, then retry",
                        false);
            case SmtpEnd.NotBegun notBegun ->
                new Outcome.Transient(
                        FailureType.ATTEMPT_IN_PROGRESS,
                        "not sent: the attempt's deadline was too near, or another attempt took its place",
                        null,
                        false);
            case SmtpEnd.Busy busy ->
                new Outcome.Transient(
                        FailureType.THROTTLED,
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
            case Outcome.Transient(String type, String reply, Duration retryAfter, boolean reached) ->
                new Health.Away(type, reply, retryAfter);
            case Outcome.Accepted a -> throw unheardOf(a);
            case Outcome.Permanent p -> throw unheardOf(p);
            case Outcome.Ambiguous a -> throw unheardOf(a);
        };
    }

    private static IllegalStateException unheardOf(Outcome outcome) {
        return new IllegalStateException("a probe names no message, and yet ended as " + outcome);
    }

    private static Outcome replied(SmtpEnd.Replied end, Mask mask) {
        var reply = new Reply(end.phase(), end.code(), enhanced(end.text()), end.text(), mask.apply(end.text()));
        return switch (end.code() / 100) {
            case 2 -> end.phase() == SmtpPhase.DOT ? reply.accepted() : reply.outOfTurn();
            case 4 -> reply.refusedForNow();
            case 5 -> reply.refused();
            default -> reply.outOfTurn();
        };
    }

    /**
     * A reply to be judged.
     *
     * @param enhanced the enhanced code of RFC 3463; empty where there is none
     * @param text as the server wrote it, for looking into
     * @param shown without personal data, for telling
     */
    private record Reply(SmtpPhase phase, int code, String enhanced, String text, String shown) {

        Outcome accepted() {
            Matcher queued = QUEUED_AS.matcher(shown);
            return new Outcome.Accepted(shown, queued.find() ? queued.group(1) : null);
        }

        /** Neither yes nor no: after the dot nobody knows what it means for the message. */
        Outcome outOfTurn() {
            return phase == SmtpPhase.DOT
                    ? new Outcome.Ambiguous(shown)
                    : transientOf(FailureType.PROVIDER_UNAVAILABLE, false);
        }

        Outcome refusedForNow() {
            if (code == 421 || code == 454 || !phase.concernsAMessage()) {
                return transientOf(FailureType.PROVIDER_UNAVAILABLE, false);
            }
            if (GREYLISTING.matcher(text).find()) {
                return transientOf(FailureType.GREYLISTED, true);
            }
            return transientOf(isQuota() ? FailureType.THROTTLED : FailureType.MAILBOX_UNAVAILABLE, true);
        }

        Outcome refused() {
            if (code == 530 || code == 534 || code == 535 || code == 538) {
                return new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, shown);
            }
            return switch (phase) {
                case CONNECT, GREETING -> transientOf(FailureType.PROVIDER_UNAVAILABLE, false);
                case AUTH, STARTTLS -> new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, shown);
                case EHLO -> new Outcome.ChannelDown(FailureType.PROTOCOL_ERROR, shown);
                case MAIL, RCPT, DATA, CONTENT, DOT -> messageRefused();
            };
        }

        private Outcome messageRefused() {
            if (enhanced.endsWith(".2.2") || TOO_MANY_RECIPIENTS.matcher(text).find() || enhanced.endsWith(".5.3")) {
                return transientOf(FailureType.MAILBOX_UNAVAILABLE, true);
            }
            if (isQuota()) {
                return transientOf(FailureType.THROTTLED, true);
            }
            boolean address = enhanced.startsWith("5.1.");
            if (((code >= 500 && code <= 504) || code == 555) && !address) {
                return new Outcome.Permanent(FailureType.PROTOCOL_ERROR, shown, true);
            }
            // 5.7: policy; the mailbox may well exist
            boolean mailbox = phase == SmtpPhase.RCPT && !enhanced.startsWith("5.7.");
            return new Outcome.Permanent(
                    mailbox ? FailureType.MAILBOX_UNKNOWN : FailureType.MESSAGE_REJECTED, shown, true);
        }

        private boolean isQuota() {
            return enhanced.endsWith(".4.5")
                    || enhanced.equals("4.7.28")
                    || (QUOTA.matcher(text).find()
                            && !SIZE.matcher(text).find()
                            && !TOO_MANY_RECIPIENTS.matcher(text).find());
        }

        private Outcome transientOf(String type, boolean reached) {
            return new Outcome.Transient(type, shown, RetryDelay.in(text), reached);
        }
    }

    private static Outcome broken(SmtpEnd.Broken end) {
        String what = describe(end);
        if (end.phase() == SmtpPhase.DOT) {
            return new Outcome.Ambiguous(what);
        }
        if (end.phase().compareTo(SmtpPhase.AUTH) < 0 && isTlsRefused(end.cause())) {
            return new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, what);
        }
        // a message that the server breaks off time and again must exhaust its attempts
        boolean reached = end.phase().compareTo(SmtpPhase.DATA) >= 0;
        return new Outcome.Transient(FailureType.PROVIDER_UNAVAILABLE, what, null, reached);
    }

    // no text of an exception but that of the TLS layer: others may quote a command, and so an address
    private static String describe(SmtpEnd.Broken end) {
        String what = end.what();
        if (has(end.cause(), UnknownHostException.class)) {
            what = "the provider's host name is unknown";
        } else if (has(end.cause(), SocketTimeoutException.class)) {
            what = end.phase() == SmtpPhase.CONNECT ? "timed out" : "timed out waiting for the server";
        } else if (has(end.cause(), ConnectException.class)) {
            what = "connection refused";
        } else if (find(end.cause(), SSLException.class) instanceof SSLException tls) {
            what = new Mask(null).apply("TLS: " + tls.getMessage());
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

    private static String enhanced(String text) {
        Matcher matcher = ENHANCED.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }
}
