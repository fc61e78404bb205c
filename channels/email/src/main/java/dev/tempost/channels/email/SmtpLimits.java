package dev.tempost.channels.email;

/**
 * How much a mail server is given.
 *
 * @param maxMessagesPerConnection messages after which a connection is renewed. Defaults to 100
 * @param maxMessageBytes the largest mail we hand over, encoded. Defaults to 10 MiB
 */
public record SmtpLimits(int maxMessagesPerConnection, int maxMessageBytes) {

    static final SmtpLimits DEFAULTS = new SmtpLimits(100, 10 << 20);

    public SmtpLimits {
        SmtpProvider.require(
                maxMessagesPerConnection >= 1,
                "max-messages-per-connection",
                "is " + maxMessagesPerConnection + ": set it to 1 or more");
        SmtpProvider.require(
                maxMessageBytes >= 1024, "max-message-bytes", "is " + maxMessageBytes + ": set it to 1024 or more");
    }
}
