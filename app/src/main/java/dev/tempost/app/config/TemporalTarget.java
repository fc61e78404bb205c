package dev.tempost.app.config;

import dev.tempost.activities.channel.Loopback;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.core.env.Environment;

/** Where Temporal is, as {@code spring.temporal.connection.target} says it. */
public final class TemporalTarget {

    private static final String CONNECTION = "spring.temporal.connection.";
    private static final int USUAL_PORT = 7233;
    // gRPC's: a resolver may come first, and an authority for it
    private static final Pattern TARGET =
            Pattern.compile("(?:(?:dns|ipv4|ipv6):)?(?://[^/]*/)?(.+?)(?::([0-9]{1,5}))?");

    private TemporalTarget() {}

    /** The server; {@code localhost} for what does not leave this machine without naming it. */
    public static InetSocketAddress server(String target) {
        Matcher parts = TARGET.matcher(target.startsWith("unix") || target.equals("local") ? "localhost" : target);
        if (!parts.matches()) {
            return InetSocketAddress.createUnresolved(target, USUAL_PORT);
        }
        String port = parts.group(2);
        return InetSocketAddress.createUnresolved(parts.group(1), port == null ? USUAL_PORT : Integer.parseInt(port));
    }

    /**
     * Refuses an API key that would go to another machine in plain text, before anything connects.
     *
     * @throws IllegalArgumentException when there is one; names the setting
     */
    static void requireNoKeyInPlainText(Environment environment) {
        String host =
                server(environment.getProperty(CONNECTION + "target", "local")).getHostString();
        if (!environment.getProperty(CONNECTION + "api-key", "").isEmpty()
                && "false".equalsIgnoreCase(environment.getProperty(CONNECTION + "enable-https"))
                && !Loopback.is(host)) {
            throw new IllegalArgumentException(CONNECTION + "enable-https is false, and the API key would go to " + host
                    + " in plain text: set it to true, or leave it out.");
        }
    }
}
