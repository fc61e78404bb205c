package dev.tempost.app.doctor;

import dev.tempost.app.engine.ConfiguredProvider;
import dev.tempost.app.engine.Providers;
import dev.tempost.channels.email.EmailChannel;
import dev.tempost.channels.email.TestMail;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A mail that is really sent, to see how far it comes.
 *
 * @param recipient to whom
 * @param provider through which provider alone; null for each that some event type goes through
 */
public record TestSend(String recipient, @Nullable String provider) {

    private static final String SUBJECT = "test";

    /** Sends it, and tells of each step. */
    void through(Providers providers, Set<String> used, Consumer<Finding> findings) {
        List<ConfiguredProvider> chosen = providers.all().stream()
                .filter(configured -> configured.channel() instanceof EmailChannel)
                .filter(configured ->
                        provider == null ? used.contains(configured.name()) : provider.equals(configured.name()))
                .toList();
        if (chosen.isEmpty()) {
            findings.accept(Finding.problem(
                    SUBJECT,
                    provider == null ? "no event type goes by mail" : "there is no mail provider '" + provider + "'",
                    "name one with --provider: there are " + providers.names()));
        }
        chosen.forEach(configured -> through(configured, (EmailChannel) configured.channel(), findings));
    }

    private void through(ConfiguredProvider configured, EmailChannel channel, Consumer<Finding> findings) {
        String subject = SUBJECT + " " + configured.name();
        try {
            for (TestMail.Step step : channel.sendTest(configured.name(), recipient)) {
                findings.accept(
                        step.done()
                                ? Finding.ok(subject, step.says())
                                : Finding.problem(
                                        subject,
                                        step.says(),
                                        "docs/operations.md, \"What a mail server's reply means\""));
            }
        } catch (IllegalArgumentException e) {
            findings.accept(Finding.problem(subject, String.valueOf(e.getMessage()), "correct the address"));
        }
    }
}
