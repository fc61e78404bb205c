package dev.tempost.channels.email;

import dev.tempost.activities.channel.Loopback;
import dev.tempost.channels.email.login.Login;
import dev.tempost.channels.email.login.PasswordLogin;
import dev.tempost.channels.email.login.Secret;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One mail server and how to talk to it.
 *
 * @param name what event types and the ledger call it
 * @param host its host name, which is also what its certificate must name
 * @param port its port
 * @param login who we are there; null to log in as nobody
 * @param sender of every mail
 * @param connection how to talk to it
 * @param limits how much it is given
 */
public record SmtpProvider(
        String name,
        String host,
        int port,
        @Nullable Login login,
        Mailbox sender,
        SmtpConnectionSettings connection,
        SmtpLimits limits) {

    /** How the connection is protected. A required protection that the server does not offer stops the provider. */
    public enum Tls {
        /** Not at all: for servers on this machine. */
        NONE,
        /** Upgraded by the STARTTLS command, required. */
        STARTTLS,
        /** From the first byte on, usually on port 465. */
        IMPLICIT
    }

    private static final int IMPLICIT_TLS_PORT = 465;

    public SmtpProvider {
        require(!name.isBlank(), "name", "is empty: name the provider, for instance 'default'");
        require(!host.isBlank(), "host", "is empty: set the mail server's host name");
        require(port >= 1 && port <= 65535, "port", "is " + port + ": set it between 1 and 65535, usually 587");
        require(
                login == null || !isInPlainText(host, connection),
                "encryption",
                "is none, and username and password would go to " + host + " in plain text: set it to starttls or"
                        + " implicit, or leave out username and password");
    }

    /** Whether what goes to the server can be read and changed on its way. */
    public boolean isInPlainText() {
        return isInPlainText(host, connection);
    }

    private static boolean isInPlainText(String host, SmtpConnectionSettings connection) {
        return connection.tls() == Tls.NONE && !Loopback.is(host);
    }

    /**
     * A provider with every default, without a login.
     *
     * @param from the sender of every mail, for instance {@code Example <hello@example.com>}; its domain is also what we
     *     greet with by default, so that nothing looks up our own host
     */
    public static SmtpProvider of(String name, String host, int port, String from) {
        Mailbox sender = sender(from);
        return new SmtpProvider(
                name,
                host,
                port,
                null,
                sender,
                SmtpConnectionSettings.defaults(defaultTls(host, port), sender.domain()),
                SmtpLimits.DEFAULTS);
    }

    /** No TLS towards this very machine; implicit TLS on port 465; STARTTLS, required, anywhere else. */
    public static Tls defaultTls(String host, int port) {
        if (Loopback.is(host)) {
            return Tls.NONE;
        }
        return port == IMPLICIT_TLS_PORT ? Tls.IMPLICIT : Tls.STARTTLS;
    }

    /**
     * With a password that stays the same; both null to log in as nobody.
     *
     * @throws IllegalArgumentException when only one of them is there
     */
    public SmtpProvider withCredentials(@Nullable String username, @Nullable String password) {
        require(
                (username == null) == (password == null),
                username == null ? "username" : "password",
                "is missing: set both username and password, or neither");
        return withLogin(
                username == null || password == null ? null : new PasswordLogin(username, Secret.of(password)));
    }

    public SmtpProvider withLogin(@Nullable Login login) {
        return new SmtpProvider(name, host, port, login, sender, connection, limits);
    }

    public SmtpProvider withConnection(UnaryOperator<SmtpConnectionSettings> change) {
        return new SmtpProvider(name, host, port, login, sender, change.apply(connection), limits);
    }

    public SmtpProvider withLimits(SmtpLimits limits) {
        return new SmtpProvider(name, host, port, login, sender, connection, limits);
    }

    /** The Message-ID of a row's mail: the same for every attempt. */
    String messageId(UUID key) {
        return "<" + key + "@" + sender.domain() + ">";
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "SmtpProvider[name=" + name + ", host=" + host + ", port=" + port + ", login=" + login + ", from="
                + SafeText.address(sender.address())
                + ", connection=" + connection + ", limits="
                + limits + "]";
    }

    private static Mailbox sender(String from) {
        String wrong;
        try {
            Mailbox sender = Mailbox.of(from);
            if (sender.hasAsciiLocalPart()) {
                return sender;
            }
            wrong = "has a local part beyond ASCII";
        } catch (NotAMailbox e) {
            wrong = e.getMessage();
        }
        throw wrong("from", "is not a mailbox, it " + wrong + ": write it like 'Example <hello@example.com>'");
    }

    static void require(boolean holds, String field, String otherwise) {
        if (!holds) {
            throw wrong(field, otherwise);
        }
    }

    private static IllegalArgumentException wrong(String field, String otherwise) {
        return new IllegalArgumentException("mail provider: " + field + " " + otherwise);
    }
}
