package dev.tempost.channels.email;

import dev.tempost.activities.channel.Channel;
import dev.tempost.activities.channel.Fault;
import dev.tempost.activities.channel.Health;
import dev.tempost.activities.channel.Outcome;
import dev.tempost.activities.channel.OutgoingMessage;
import dev.tempost.activities.channel.Transmission;
import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.activities.reply.Mask;
import dev.tempost.activities.reply.Personal;
import dev.tempost.workflows.FailureType;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Sends rows as mails. */
public final class EmailChannel implements Channel {

    private final Map<String, SmtpConnections> connections = new ConcurrentHashMap<>();
    private final MailComposer composer;

    /**
     * @param providers the mail servers by name
     * @param headers which headers a row may add
     */
    public EmailChannel(Map<String, SmtpProvider> providers, Templates templates, MailHeaders headers, Clock clock) {
        this.composer = new MailComposer(templates, headers, clock);
        providers.forEach((name, provider) -> connections.put(name, new SmtpConnections(provider)));
    }

    @Override
    public String name() {
        return "email";
    }

    @Override
    public String messageId(UUID key, String provider) {
        return provider(provider).provider().messageId(key);
    }

    @Override
    public Outcome send(OutgoingMessage delivery, Transmission transmission) {
        SmtpConnections provider = provider(delivery.provider());
        try {
            ComposedMail mail = composer.compose(delivery, provider.provider(), transmission::reserve);
            if (mail == null) {
                return new Outcome.Transient(
                        Fault.OURS,
                        FailureType.MEMORY_BUSY,
                        "not sent: it takes much memory, and other messages had it",
                        null,
                        false);
            }
            return SmtpReplies.outcome(provider.send(mail, transmission), new Mask(mail.personal()));
        } catch (UnsendableRow e) {
            return e.outcome();
        }
    }

    @Override
    public Health probe(String provider) {
        return SmtpReplies.health(provider(provider).probe(), new Mask(Personal.NOTHING));
    }

    /**
     * Sends a small mail that no row asked for, over a connection of its own, to find out how far it comes.
     *
     * @throws IllegalArgumentException when the recipient is no address; says why
     */
    public List<TestMail.Step> sendTest(String provider, String recipient) {
        SmtpConnections server = provider(provider);
        ComposedMail mail;
        try {
            mail = composer.test(server.provider(), Mailbox.of(recipient));
        } catch (NotAMailbox e) {
            throw new IllegalArgumentException("the recipient of the test " + e.getMessage(), e);
        }
        SmtpEnd end = server.sendAlone(mail);
        return TestMail.steps(server.provider(), end, SmtpReplies.outcome(end, new Mask(mail.personal())));
    }

    private SmtpConnections provider(String name) {
        SmtpConnections provider = connections.get(name);
        if (provider == null) {
            throw new IllegalArgumentException("no mail provider '" + name + "': configure it, or one of "
                    + new TreeSet<>(connections.keySet()) + " for this event type");
        }
        return provider;
    }

    /**
     * Uses these settings from now on for the provider of that name, for instance a new password. What is being sent goes
     * on over the connection it has.
     */
    public void replace(SmtpProvider provider) {
        SmtpConnections former = connections.put(provider.name(), new SmtpConnections(provider));
        if (former != null) {
            former.close();
        }
    }

    @Override
    public void close() {
        connections.values().forEach(SmtpConnections::close);
    }
}
