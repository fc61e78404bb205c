package dev.tempost.channels.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves a host's name and lets through what a request may lead to. The client connects to just these addresses and asks no
 * second time, when the answer might be another.
 */
final class GuardedResolver implements DnsResolver {

    /** Asks whoever knows names. */
    interface Names {
        InetAddress[] lookUp(String host) throws UnknownHostException;
    }

    /** The name leads where no request may go. */
    static final class Refused extends UnknownHostException {

        Refused(String message) {
            super(message);
        }
    }

    private final Names names;
    private final boolean allowPrivate;

    /** @param allowPrivate whether this machine and the networks around it may be reached */
    GuardedResolver(Names names, boolean allowPrivate) {
        this.names = names;
        this.allowPrivate = allowPrivate;
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        InetAddress[] addresses = names.lookUp(host);
        if (addresses.length == 0) {
            throw new UnknownHostException("no address");
        }
        for (InetAddress address : addresses) {
            // one is enough: whoever mixes them hopes for the other
            switch (Reach.of(address)) {
                case PUBLIC -> {}
                case PRIVATE -> {
                    if (!allowPrivate) {
                        throw new Refused(
                                "the host has a private address: set allow-private to true where that is meant");
                    }
                }
                case NEVER -> throw new Refused("the host has an address that no webhook may lead to");
            }
        }
        return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
        return host;
    }
}
