package dev.tempost.channels.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/**
 * All addresses that begin alike.
 *
 * @param first one of them
 * @param bits how many bits they have in common
 */
record Network(InetAddress first, int bits) {

    /** @param notation for instance {@code 10.0.0.0/8} */
    static Network of(String notation) {
        int slash = notation.indexOf('/');
        return new Network(
                InetAddress.ofLiteral(notation.substring(0, slash)), Integer.parseInt(notation.substring(slash + 1)));
    }

    static List<Network> all(String... notations) {
        return Arrays.stream(notations).map(Network::of).toList();
    }

    static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length, e);
        }
    }

    boolean contains(InetAddress address) {
        byte[] mine = first.getAddress();
        byte[] other = address.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((mine[bit / 8] & mask) != (other[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
