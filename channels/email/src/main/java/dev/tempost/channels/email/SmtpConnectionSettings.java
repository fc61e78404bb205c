package dev.tempost.channels.email;

import java.time.Duration;

/**
 * How to talk to a mail server.
 *
 * @param tls how the connection is protected
 * @param ehloName the name we greet with
 * @param connectTimeout how long to wait for a connection, and for a free one. Defaults to 5 s
 * @param readTimeout how long to wait for each reply. Defaults to 20 s
 * @param writeTimeout how long one write may block. Defaults to 10 s
 * @param maxConnections connections at most, hence messages in flight. Defaults to 8
 */
public record SmtpConnectionSettings(
        SmtpProvider.Tls tls,
        String ehloName,
        Duration connectTimeout,
        Duration readTimeout,
        Duration writeTimeout,
        int maxConnections) {

    public SmtpConnectionSettings {
        SmtpProvider.require(
                !ehloName.isBlank() && ehloName.chars().allMatch(c -> c > ' ' && c < 127),
                "ehlo-name",
                "is not a host name: set the name this machine is known by");
        requirePositive(connectTimeout, "connect-timeout");
        requirePositive(readTimeout, "read-timeout");
        requirePositive(writeTimeout, "write-timeout");
        SmtpProvider.require(maxConnections >= 1, "max-connections", "is " + maxConnections + ": set it to 1 or more");
    }

    static SmtpConnectionSettings defaults(SmtpProvider.Tls tls, String ehloName) {
        return new SmtpConnectionSettings(
                tls, ehloName, Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofSeconds(10), 8);
    }

    public SmtpConnectionSettings withTls(SmtpProvider.Tls tls) {
        return new SmtpConnectionSettings(tls, ehloName, connectTimeout, readTimeout, writeTimeout, maxConnections);
    }

    public SmtpConnectionSettings withTimeouts(Duration connect, Duration read, Duration write) {
        return new SmtpConnectionSettings(tls, ehloName, connect, read, write, maxConnections);
    }

    public SmtpConnectionSettings withMaxConnections(int maxConnections) {
        return new SmtpConnectionSettings(tls, ehloName, connectTimeout, readTimeout, writeTimeout, maxConnections);
    }

    /** Time to connect and to be answered twice: a server slower than that is none to open the door for. */
    Duration longestProbe() {
        return connectTimeout.plus(readTimeout.multipliedBy(2));
    }

    private static void requirePositive(Duration duration, String field) {
        SmtpProvider.require(duration.toMillis() > 0, field, "is " + duration + ": set it to 1 ms or more");
    }
}
