package dev.tempost.activities.channel;

import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;

/** What never leaves this machine, and so needs no protection on its way. */
public final class Loopback {

    private static final Pattern NAME = Pattern.compile("(.+[.])?localhost[.]?");
    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9a-f:.]*:[0-9a-f:.]*");

    private Loopback() {}

    /**
     * Whether a host is this very machine, by its spelling: asking the resolver could hang, and could answer differently
     * tomorrow.
     *
     * @param host a name, or an address; one of IPv6 also in brackets
     */
    public static boolean is(String host) {
        String bare = host.toLowerCase(Locale.ROOT).replaceFirst("^\\[(.*)]$", "$1");
        if (NAME.matcher(bare).matches()) {
            return true;
        }
        try {
            return LITERAL.matcher(bare).matches()
                    && InetAddress.ofLiteral(bare).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            // digits that are no address
            return false;
        }
    }
}
