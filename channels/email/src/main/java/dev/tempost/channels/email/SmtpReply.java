package dev.tempost.channels.email;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.reply.Mask;
import dev.tempost.workflows.FailureType;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server's reply, and what it means for the row that was being sent.
 *
 * @param phase what it answers
 * @param code its three digits
 * @param enhanced its enhanced code as in RFC 3463; empty where there is none
 * @param words what it says besides, on one line
 * @param shown all of it without personal data, for telling
 * @param queuedAs the name it gives the message; null where it gives none
 */
record SmtpReply(
        SmtpPhase phase,
        int code,
        String enhanced,
        String words,
        String shown,
        @Nullable String queuedAs) {

    private static final Pattern ENHANCED = Pattern.compile("^\\d{3}[ -]([245]\\.\\d{1,3}\\.\\d{1,3})\\b");
    private static final Pattern LINE_START =
            Pattern.compile("^\\d{3}(?:[ -]|$)(?:[245]\\.\\d{1,3}\\.\\d{1,3}\\b)?", Pattern.MULTILINE);

    private static final Pattern GREYLISTING = any("gr[ea]y-?\\s?list");
    private static final Pattern QUOTA = any("quota|throttl|rate[ -]?limit|\\brate exceeded|unusual (?:rate|volume)"
            + "|(?:sending|messages?|hourly|daily|monthly|recipients?|rate|threads?|connections?) limit"
            + "|too many (?:messages|e?mails|connections|concurrent|requests)|too fast|too quickly|slow down");
    private static final Pattern SIZE = any("\\bsize\\b|too (?:large|big)");
    private static final Pattern TOO_MANY_RECIPIENTS = any("too many recipients");
    private static final Pattern MAILBOX_FULL = any("(?:mailbox|inbox|user|account|recipient|disk|storage)(?: is)?"
            + " (?:full|quota|over)|over ?quota|quota exceeded for");

    private static final Pattern OF_THE_MAILBOX = Pattern.compile("[45]\\.[12]\\.");

    private static final Set<Integer> LOG_IN_FIRST = Set.of(530, 534, 535, 538);
    private static final Set<String> LOG_IN_FIRST_TOO = Set.of("5.7.8", "5.7.9", "5.7.10", "5.7.11");
    private static final Set<String> ABOUT_THE_MAILBOX =
            Set.of("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.0", "5.2.1");

    static SmtpReply of(SmtpEnd.Replied end, Mask mask) {
        Matcher enhanced = ENHANCED.matcher(end.text());
        return new SmtpReply(
                end.phase(),
                end.code(),
                enhanced.find() ? enhanced.group(1) : "",
                LINE_START
                        .matcher(end.text())
                        .replaceAll("")
                        .replaceAll("\\s+", " ")
                        .strip(),
                mask.apply(end.text()),
                mask.queuedAs(end.text()));
    }

    Outcome outcome() {
        return switch (code / 100) {
            case 2 -> phase == SmtpPhase.DOT ? accepted() : outOfTurn();
            case 4 -> refusedForNow();
            case 5 -> refused();
            default -> outOfTurn();
        };
    }

    private Outcome accepted() {
        return new Outcome.Accepted(shown, queuedAs);
    }

    /** Neither yes nor no: after the dot nobody knows what it means for the message. */
    private Outcome outOfTurn() {
        return phase == SmtpPhase.DOT ? new Outcome.Ambiguous(shown) : providerUnavailable();
    }

    private Outcome refusedForNow() {
        if (code == 432 && phase == SmtpPhase.AUTH) {
            // RFC 4954: the password must be changed first
            return credentialsRejected();
        }
        if (!phase.concernsAMessage()) {
            return providerUnavailable();
        }
        if (says(GREYLISTING)) {
            return notNow(FailureType.GREYLISTED);
        }
        if (isQuota()) {
            return throttled();
        }
        return code == 421 || code == 454 ? providerUnavailable() : notNow(FailureType.MAILBOX_UNAVAILABLE);
    }

    private Outcome refused() {
        return switch (phase) {
            case TOKEN, CONNECT, GREETING -> wantsALogin() ? credentialsRejected() : providerUnavailable();
            case AUTH, STARTTLS -> credentialsRejected();
            case EHLO ->
                wantsALogin() ? credentialsRejected() : new Outcome.ChannelDown(FailureType.PROTOCOL_ERROR, shown);
            // nothing but our login has been seen of us yet; later the same code is about the recipient or the message
            case MAIL ->
                wantsALogin() || LOG_IN_FIRST_TOO.contains(enhanced) ? credentialsRejected() : messageRefused();
            case RCPT, DATA, CONTENT, DOT -> messageRefused();
        };
    }

    private boolean wantsALogin() {
        return LOG_IN_FIRST.contains(code);
    }

    private Outcome credentialsRejected() {
        return new Outcome.ChannelDown(FailureType.CREDENTIALS_REJECTED, shown);
    }

    private Outcome messageRefused() {
        if (says(TOO_MANY_RECIPIENTS) || enhanced.endsWith(".5.3")) {
            return notNow(FailureType.MAILBOX_UNAVAILABLE);
        }
        if (isQuota()) {
            return throttled();
        }
        if (isMailboxFull() && phase != SmtpPhase.DOT) {
            return notNow(FailureType.MAILBOX_UNAVAILABLE);
        }
        if (enhanced.startsWith("4.") && !isInTheTable()) {
            return notNow(FailureType.MAILBOX_UNAVAILABLE);
        }
        if (isNotUnderstood() && !enhanced.startsWith("5.1.")) {
            return new Outcome.Permanent(FailureType.PROTOCOL_ERROR, shown, true);
        }
        return new Outcome.Permanent(
                isAboutTheMailbox() ? FailureType.MAILBOX_UNKNOWN : FailureType.MESSAGE_REJECTED, shown, true);
    }

    private boolean isInTheTable() {
        return isNotUnderstood() || (code >= 550 && code <= 554);
    }

    private boolean isNotUnderstood() {
        return (code >= 500 && code <= 504) || code == 555;
    }

    private boolean isAboutTheMailbox() {
        return switch (phase) {
            // 5.7: policy; the mailbox may well exist
            case RCPT ->
                !wantsALogin()
                        && !enhanced.startsWith("5.7.")
                        && !enhanced.startsWith("5.6.")
                        && !enhanced.equals("5.3.4");
            case DATA, CONTENT, DOT -> ABOUT_THE_MAILBOX.contains(enhanced);
            default -> false;
        };
    }

    private boolean isQuota() {
        return enhanced.endsWith(".4.5")
                || enhanced.equals("4.7.28")
                || (says(QUOTA) && !says(SIZE) && !says(TOO_MANY_RECIPIENTS) && !isOfTheMailbox());
    }

    /** Its own limits are no quota of ours: others get their mail. */
    private boolean isOfTheMailbox() {
        return isMailboxFull() || OF_THE_MAILBOX.matcher(enhanced).lookingAt();
    }

    private boolean isMailboxFull() {
        return enhanced.endsWith(".2.2") || says(MAILBOX_FULL);
    }

    /** The server heard of the message and wants it later. */
    private Outcome notNow(String type) {
        return new Outcome.Transient(phase.fault(), type, shown, RetryDelay.in(words), true);
    }

    private Outcome throttled() {
        return new Outcome.Throttled(shown, RetryDelay.in(words));
    }

    private Outcome providerUnavailable() {
        return new Outcome.Transient(
                phase.fault(), FailureType.PROVIDER_UNAVAILABLE, shown, RetryDelay.in(words), phase.concernsAMessage());
    }

    private boolean says(Pattern what) {
        return what.matcher(words).find();
    }

    private static Pattern any(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }
}
