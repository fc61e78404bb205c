package dev.tempost.activities.email;

import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One mail server and how to talk to it.
 *
 * @param name what event types and the ledger call it
 * @param host its host name, which is also what its certificate must name
 * @param port its port
 * @param username whom to log in as; null to log in as nobody
 * @param password the secret that goes with the user name; null if and only if the user name is
 * @param from the sender of every mail, for instance {@code Example <hello@example.com>}
 * @param tls how the connection is protected. Defaults to {@link #defaultTls}
 * @param ehloName the name we greet with. Defaults to the domain of {@code from}, so that nothing looks up our own host
 * @param connectTimeout how long to wait for a connection, and for a free one. Defaults to 5 s
 * @param readTimeout how long to wait for each reply. Defaults to 20 s
 * @param writeTimeout how long one write may block. Defaults to 10 s
 * @param maxConnections connections at most, hence messages in flight. Defaults to 8
 * @param maxMessagesPerConnection messages after which a connection is renewed. Defaults to 100
 * @param maxMessageBytes the largest mail we hand over, encoded. Defaults to 10 MiB
 */
public record SmtpProvider(
        String name,
        String host,
        int port,
        @Nullable String username,
        @Nullable String password,
        String from,
        Tls tls,
        String ehloName,
        Duration connectTimeout,
        Duration readTimeout,
        Duration writeTimeout,
        int maxConnections,
        int maxMessagesPerConnection,
        int maxMessageBytes) {

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
                (username == null) == (password == null),
                username == null ? "username" : "password",
                "is missing: set both username and password, or neither");
        require(isMailbox(from), "from", "is not a mailbox: write it like 'Example <hello@example.com>'");
        require(
                !ehloName.isBlank() && ehloName.chars().allMatch(c -> c > ' ' && c < 127),
                "ehlo-name",
                "is not a host name: set the name this machine is known by");
        requirePositive(connectTimeout, "connect-timeout");
        requirePositive(readTimeout, "read-timeout");
        requirePositive(writeTimeout, "write-timeout");
        require(maxConnections >= 1, "max-connections", "is " + maxConnections + ": set it to 1 or more");
        require(
                maxMessagesPerConnection >= 1,
                "max-messages-per-connection",
                "is " + maxMessagesPerConnection + ": set it to 1 or more");
        require(maxMessageBytes >= 1024, "max-message-bytes", "is " + maxMessageBytes + ": set it to 1024 or more");
    }

    /** A provider with every default, without a login. */
    public static SmtpProvider of(String name, String host, int port, String from) {
        require(isMailbox(from), "from", "is not a mailbox: write it like 'Example <hello@example.com>'");
        return new SmtpProvider(
                name,
                host,
                port,
                null,
                null,
                from,
                defaultTls(host, port),
                domainOf(from),
                Duration.ofSeconds(5),
                Duration.ofSeconds(20),
                Duration.ofSeconds(10),
                8,
                100,
                10 << 20);
    }

    /** No TLS towards this very machine; implicit TLS on port 465; STARTTLS, required, anywhere else. */
    public static Tls defaultTls(String host, int port) {
        if (isLoopback(host)) {
            return Tls.NONE;
        }
        return port == IMPLICIT_TLS_PORT ? Tls.IMPLICIT : Tls.STARTTLS;
    }

    public SmtpProvider withCredentials(@Nullable String username, @Nullable String password) {
        return new SmtpProvider(
                name,
                host,
                port,
                username,
                password,
                from,
                tls,
                ehloName,
                connectTimeout,
                readTimeout,
                writeTimeout,
                maxConnections,
                maxMessagesPerConnection,
                maxMessageBytes);
    }

    public SmtpProvider withTls(Tls tls) {
        return new SmtpProvider(
                name,
                host,
                port,
                username,
                password,
                from,
                tls,
                ehloName,
                connectTimeout,
                readTimeout,
                writeTimeout,
                maxConnections,
                maxMessagesPerConnection,
                maxMessageBytes);
    }

    public SmtpProvider withTimeouts(Duration connect, Duration read, Duration write) {
        return new SmtpProvider(
                name,
                host,
                port,
                username,
                password,
                from,
                tls,
                ehloName,
                connect,
                read,
                write,
                maxConnections,
                maxMessagesPerConnection,
                maxMessageBytes);
    }

    public SmtpProvider withLimits(int maxConnections, int maxMessagesPerConnection, int maxMessageBytes) {
        return new SmtpProvider(
                name,
                host,
                port,
                username,
                password,
                from,
                tls,
                ehloName,
                connectTimeout,
                readTimeout,
                writeTimeout,
                maxConnections,
                maxMessagesPerConnection,
                maxMessageBytes);
    }

    /** Time to connect and to be answered twice: a server slower than that is none to open the door for. */
    Duration longestProbe() {
        return connectTimeout.plus(readTimeout.multipliedBy(2));
    }

    InternetAddress sender() {
        try {
            return DisplayName.encoded(new InternetAddress(from, true));
        } catch (AddressException e) {
            throw new IllegalStateException("from was checked when the provider was made", e);
        }
    }

    /** The Message-ID of a row's mail: the same for every attempt. */
    String messageId(UUID key) {
        return "<" + key + "@" + domainOf(from) + ">";
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "SmtpProvider[name=" + name + ", host=" + host + ", port=" + port + ", username=" + username
                + ", password="
                + (password == null ? "none" : "***") + ", from=" + from + ", tls=" + tls + ", maxConnections="
                + maxConnections + "]";
    }

    private static boolean isMailbox(String from) {
        try {
            var address = new InternetAddress(from, true);
            String bare = address.getAddress();
            return !address.isGroup()
                    && bare.lastIndexOf('@') > 0
                    && bare.lastIndexOf('@') < bare.length() - 1
                    && bare.chars().allMatch(c -> c > ' ' && c < 127)
                    && from.chars().noneMatch(c -> c < ' ' || c == 127);
        } catch (AddressException e) {
            return false;
        }
    }

    private static String domainOf(String from) {
        try {
            String bare = new InternetAddress(from, true).getAddress();
            return bare.substring(bare.lastIndexOf('@') + 1);
        } catch (AddressException e) {
            throw new IllegalStateException("from was checked when the provider was made", e);
        }
    }

    // by its spelling: asking the resolver could hang, and could answer differently tomorrow
    private static boolean isLoopback(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("::1")
                || name.equals("[::1]")
                || name.matches("127(\\.\\d{1,3}){3}");
    }

    private static void requirePositive(Duration duration, String field) {
        require(duration.toMillis() > 0, field, "is " + duration + ": set it to 1 ms or more");
    }

    private static void require(boolean holds, String field, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("mail provider: " + field + " " + otherwise);
        }
    }
}
