package dev.tempost.channels.webhook;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/** Who is reached by an address: what a stranger's URL must not lead to. */
enum Reach {
    /** Somebody on the internet. */
    PUBLIC,
    /** This machine, or the network around it. */
    PRIVATE,
    /** Nobody whom a request is for: metadata of clouds, multicast, this link, and what is reserved. */
    NEVER;

    private static final List<Network> NEVER_4 = Network.all(
            "0.0.0.0/8", // this network
            "100.100.100.200/32", // metadata of Alibaba Cloud, among addresses of carriers
            "168.63.129.16/32", // what Azure tells its machines, among public addresses
            "169.254.0.0/16", // this link, and the metadata of most clouds
            "192.0.0.0/24", // protocols
            "192.0.2.0/24", // examples
            "192.88.99.0/24", // relays of 6to4
            "198.18.0.0/15", // benchmarks
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3"); // multicast, reserved, broadcast
    private static final List<Network> PRIVATE_4 =
            Network.all("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16");

    private static final List<Network> NEVER_6 = Network.all(
            "fd00:ec2::254/128", // metadata of AWS, among private addresses
            "fd20:ce::254/128", // the same of Google
            "2001::/23", // protocols, Teredo among them
            "2001:db8::/32", // examples
            "3fff::/20");
    private static final List<Network> PRIVATE_6 = Network.all("::1/128", "fc00::/7");
    private static final Network TRANSLATED = Network.of("64:ff9b::/96");
    private static final Network SIX_TO_FOUR = Network.of("2002::/16");
    private static final Network GLOBAL = Network.of("2000::/3");

    static Reach of(InetAddress address) {
        // one of IPv4 that is mapped into IPv6 is an Inet4Address, too
        if (address instanceof Inet4Address) {
            return among(address, NEVER_4) ? NEVER : among(address, PRIVATE_4) ? PRIVATE : PUBLIC;
        }
        if (TRANSLATED.contains(address)) {
            return embedded(address, 12);
        }
        if (SIX_TO_FOUR.contains(address)) {
            return embedded(address, 2);
        }
        if (among(address, NEVER_6)) {
            return NEVER;
        }
        return among(address, PRIVATE_6) ? PRIVATE : GLOBAL.contains(address) ? PUBLIC : NEVER;
    }

    private static Reach embedded(InetAddress address, int from) {
        return of(Network.address(Arrays.copyOfRange(address.getAddress(), from, from + 4)));
    }

    private static boolean among(InetAddress address, List<Network> networks) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }
}
