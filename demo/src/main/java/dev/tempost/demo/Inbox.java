package dev.tempost.demo;

import com.icegreen.greenmail.Managers;
import com.icegreen.greenmail.mail.MovingMessage;
import com.icegreen.greenmail.server.AbstractServer;
import com.icegreen.greenmail.user.UserImpl;
import com.icegreen.greenmail.user.UserManager;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An SMTP server on loopback that accepts every mail to every recipient, with or without credentials, and keeps it in
 * memory until it is closed. It bounds neither the number of mails nor their size.
 *
 * <p>Mails are taken where GreenMail would look up a recipient's mailbox: no user, folder or log line comes into being
 * per recipient, and a mail to several recipients is one mail. GreenMail logs whole conversations at {@code DEBUG}.
 */
public final class Inbox implements AutoCloseable {

    static {
        // named, it is not looked for on the class path again with every mail that is parsed
        System.setProperty("jakarta.mail.util.StreamProvider", "org.eclipse.angus.mail.util.MailStreamProvider");
    }

    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

    private final Clock clock;
    private final GreenMail server;

    private final Set<String> busyFor = ConcurrentHashMap.newKeySet();
    private final List<ReceivedMail> received = new ArrayList<>();
    private List<ReceivedMail> snapshot = List.of();
    private @Nullable MovingMessage latest;

    /**
     * Starts the server.
     *
     * @param port the port on 127.0.0.1; 0 takes any free one
     * @throws IllegalStateException if it cannot listen there
     */
    public Inbox(int port, Clock clock) {
        this.clock = clock;
        ServerSetup setup = new ServerSetup(port, LOOPBACK, ServerSetup.PROTOCOL_SMTP);
        setup.setServerStartupTimeout(START_TIMEOUT.toMillis());
        this.server = new GreenMail(setup) {
            @Override
            protected Map<String, AbstractServer> createServices(ServerSetup[] setups, Managers managers) {
                return Map.of(setup.getProtocol(), new PromptSmtpServer(setup, managers));
            }
        };
        UserManager users = server.getUserManager();
        users.setAuthRequired(false);
        UserImpl everyone = new UserImpl("everyone", "everyone", "", users.getImapHostManager()) {
            @Override
            public void deliver(MovingMessage message) {
                receive(message);
            }
        };
        users.setMessageDeliveryHandler((message, recipient) -> everyone);
        try {
            server.start();
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "The inbox cannot listen on " + LOOPBACK + ":" + port
                            + ": choose another port, or 0 for any that is free",
                    e);
        }
    }

    /** Answers the next mail to this address with 451, as a busy server would: the one after it is taken. */
    public void beBusyOnceFor(String recipient) {
        busyFor.add(recipient);
    }

    /** The SMTP port on 127.0.0.1. */
    public int port() {
        return server.getSmtp().getPort();
    }

    /** How many mails have arrived. */
    public int count() {
        synchronized (received) {
            return received.size();
        }
    }

    /** All mails in the order of their arrival, an unmodifiable snapshot; the mail numbered {@code n} is at {@code n - 1}. */
    public List<ReceivedMail> mails() {
        synchronized (received) {
            if (snapshot.size() != received.size()) {
                snapshot = List.copyOf(received);
            }
            return snapshot;
        }
    }

    /** The mail of that number, counted from 1, if it has arrived. */
    public Optional<ReceivedMail> mail(int number) {
        synchronized (received) {
            return number >= 1 && number <= received.size() ? Optional.of(received.get(number - 1)) : Optional.empty();
        }
    }

    /** Called once per recipient, one mail after the other: GreenMail's SMTP manager holds its lock meanwhile. */
    private void receive(MovingMessage message) {
        message.getToAddresses().forEach(address -> {
            if (busyFor.remove(address.getEmail())) {
                throw new IllegalStateException("busy, as it was asked to be");
            }
        });
        synchronized (received) {
            if (!message.equals(latest)) {
                latest = message;
                received.add(new ReceivedMail(received.size() + 1, clock.instant(), message.getMessage()));
            }
        }
    }

    /** Stops the server and cuts its connections; the mails stay readable. */
    @Override
    public void close() {
        server.stop();
    }
}
