package dev.tempost.channels.webhook;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where a request goes: a URL of {@code http} or {@code https} without any of the spellings by which one looks like another.
 *
 * @param uri as it was given
 * @param secure whether by TLS
 * @param host in lower case; an address of IPv6 without its brackets
 * @param port never 0
 */
record WebAddress(URI uri, boolean secure, String host, int port) {

    private static final int LONGEST = 2000;
    private static final Pattern PRINTABLE = Pattern.compile("[!-~]+");
    private static final Pattern NAME =
            Pattern.compile("(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?[.])*[a-z](?:[a-z0-9-]*[a-z0-9])?");
    private static final Pattern DECIMAL = Pattern.compile("(?:(?:0|[1-9][0-9]{0,2})[.]){3}(?:0|[1-9][0-9]{0,2})");
    // what one server reads as a way up or a slash, and another does not
    private static final Pattern AMBIGUOUS = Pattern.compile("(?i).*(?:/[.]{1,2}(?:/|$)|%2e|%2f|%5c|//).*");

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException saying what is wrong with it, without a subject, and without any of it
     */
    static WebAddress of(String url) {
        require(url.length() <= LONGEST, "is longer than " + LONGEST + " characters");
        require(PRINTABLE.matcher(url).matches(), "has blanks or characters beyond ASCII: encode them");
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("is not a URL: write it like https://example.com/hook", e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        require(Set.of("http", "https").contains(scheme), "is no URL of https: write it like https://example.com/hook");
        String authority = uri.getRawAuthority();
        require(authority != null, "names no host: write it like https://example.com/hook");
        require(authority.indexOf('@') < 0, "names a user: send credentials in a header instead");
        require(uri.getRawFragment() == null, "has a fragment, which is never sent: leave out # and what follows");
        String host = uri.getHost() == null ? "" : uri.getHost().toLowerCase(Locale.ROOT);
        require(
                isHost(host),
                "names no host, or spells it in an unusual way: a name in letters, digits and hyphens, an"
                        + " address of IPv4 as 192.0.2.1 or of IPv6 as [2001:db8::1]");
        require(
                !authority.endsWith(":") && uri.getPort() != 0 && uri.getPort() <= 65535,
                "has no port between 1 and 65535");
        boolean secure = scheme.equals("https");
        require(
                !AMBIGUOUS.matcher(uri.getRawPath()).matches(),
                "has a path that servers read in several ways: leave out //, /./, /../ and what stands for them");
        return new WebAddress(
                uri, secure, host.replaceAll("[\\[\\]]", ""), uri.getPort() > 0 ? uri.getPort() : secure ? 443 : 80);
    }

    private static boolean isHost(String host) {
        if (host.startsWith("[")) {
            return isAddress(host.substring(1, host.length() - 1));
        }
        return DECIMAL.matcher(host).matches()
                ? isAddress(host)
                : host.length() <= 253 && NAME.matcher(host).matches();
    }

    private static boolean isAddress(String literal) {
        try {
            // a scope names an interface of this machine
            return literal.indexOf('%') < 0 && InetAddress.ofLiteral(literal) != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** Whether another one leads to the same server, and to this path or below it. */
    boolean covers(WebAddress other) {
        String below = path().endsWith("/") ? path() : path() + "/";
        return secure == other.secure
                && host.equals(other.host)
                && port == other.port
                && (other.path().equals(path()) || other.path().startsWith(below));
    }

    private String path() {
        return uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    }
}
