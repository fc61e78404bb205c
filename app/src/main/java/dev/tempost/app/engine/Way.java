package dev.tempost.app.engine;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * The way to a server, and how what is said on it is protected.
 *
 * @param part what it leads to
 * @param name what a person calls it: the part's, or the part's and the provider's
 * @param servers where it leads; one of them answers
 * @param prelude what comes before TLS there
 * @param protection how it is protected
 * @param advice what would protect it; empty when it is protected
 */
public record Way(
        Dependency part,
        String name,
        List<InetSocketAddress> servers,
        Prelude prelude,
        Protection protection,
        String advice) {

    /** What comes before the handshake of TLS. */
    public enum Prelude {
        /** Nothing. */
        NONE,
        /** Nothing; HTTP/2 comes after it. */
        GRPC,
        /** PostgreSQL's request. */
        POSTGRESQL,
        /** SMTP, up to STARTTLS. */
        STARTTLS
    }

    /** How what is said to a server is protected. */
    public enum Protection {
        /** It needs no protection, because it does not leave this machine. */
        LOCAL("does not leave this machine"),
        /** TLS with a server that has proved who it is. */
        VERIFIED("goes by TLS, verified"),
        /** TLS with whoever answers. */
        UNVERIFIED("goes by TLS to a server that need not prove who it is: whoever stands between can read it"),
        /** None, or none if somebody stands between who wishes it so. */
        PLAIN("may go in plain text: whoever stands between can read it");

        private final String words;

        Protection(String words) {
            this.words = words;
        }
    }

    /** Whether nobody can read or change on the way what is said. */
    public boolean isProtected() {
        return protection.compareTo(Protection.VERIFIED) <= 0;
    }

    /** A sentence without its end. */
    public String says() {
        return "what is said to "
                + String.join(
                        ", ",
                        servers.stream().map(InetSocketAddress::getHostString).toList())
                + " " + protection.words;
    }
}
