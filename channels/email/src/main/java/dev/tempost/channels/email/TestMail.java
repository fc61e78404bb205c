package dev.tempost.channels.email;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.channels.email.login.TokenLogin;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How far a mail came that was sent to find that out. */
public final class TestMail {

    /**
     * One step of the conversation.
     *
     * @param says what was asked for, and the answer where it matters; free of secrets
     * @param done whether it went well
     */
    public record Step(String says, boolean done) {}

    private TestMail() {}

    /** The steps up to the one that failed, or all of them. */
    static List<Step> steps(SmtpProvider provider, SmtpEnd end, Outcome outcome) {
        SmtpPhase last = outcome instanceof Outcome.Accepted ? null : phase(end);
        List<Step> steps = new ArrayList<>();
        for (Map.Entry<SmtpPhase, String> step : names(provider).entrySet()) {
            boolean failed = last != null && last.compareTo(step.getKey()) <= 0;
            boolean answered = failed || step.getKey() == SmtpPhase.DOT;
            steps.add(new Step(step.getValue() + (answered ? ": " + outcome.reply() : ""), !failed));
            if (failed) {
                break;
            }
        }
        return steps;
    }

    /** The steps that this provider wants, each by the last phase that belongs to it. */
    private static Map<SmtpPhase, String> names(SmtpProvider provider) {
        SmtpProvider.Tls tls = provider.connection().tls();
        Map<SmtpPhase, String> names = new EnumMap<>(SmtpPhase.class);
        if (provider.login() instanceof TokenLogin) {
            names.put(SmtpPhase.TOKEN, "access token");
        } else if (provider.login() != null) {
            names.put(SmtpPhase.TOKEN, "password");
        }
        names.put(
                SmtpPhase.EHLO,
                "connection to " + provider.host() + ":" + provider.port()
                        + (tls == SmtpProvider.Tls.IMPLICIT ? " by TLS" : ""));
        if (tls == SmtpProvider.Tls.STARTTLS) {
            names.put(SmtpPhase.STARTTLS, "STARTTLS");
        }
        if (provider.login() != null) {
            names.put(SmtpPhase.AUTH, "login as " + provider.login().username());
        }
        names.put(SmtpPhase.MAIL, "sender " + provider.sender().address());
        names.put(SmtpPhase.RCPT, "recipient");
        names.put(SmtpPhase.DOT, "mail");
        return names;
    }

    private static SmtpPhase phase(SmtpEnd end) {
        return switch (end) {
            case SmtpEnd.Replied replied -> replied.phase();
            case SmtpEnd.Broken broken -> broken.phase();
            case SmtpEnd.NoLogin noLogin -> SmtpPhase.TOKEN;
            case SmtpEnd.Unfit unfit -> SmtpPhase.EHLO;
            case SmtpEnd.NeedsSmtpUtf8 needsSmtpUtf8 -> SmtpPhase.RCPT;
            case SmtpEnd.NotBegun notBegun -> SmtpPhase.DOT;
            case SmtpEnd.Busy busy -> SmtpPhase.CONNECT;
        };
    }
}
