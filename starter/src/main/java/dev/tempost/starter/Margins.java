package dev.tempost.starter;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How many rows of a provider are claimed beyond its connections: what these take up while the next claim is on its way. The longer
 * its mails take, the fewer that are, and each of them waits in a place where no other can overtake it.
 */
final class Margins {

    // from a place that becomes free to the row that takes it, with something to spare: the way leads through Temporal,
    // on a
    // busy machine or to a process of another role
    private static final Duration CLAIM = Duration.ofMillis(100);
    private static final double NEWEST = 0.2;

    private final Map<String, Double> sendNanos = new HashMap<>();

    /** Takes note of how long a send took. */
    void sent(String provider, long nanos) {
        sendNanos.merge(provider, (double) nanos, (average, last) -> average + NEWEST * (last - average));
    }

    /** How long a send takes; something else while that is not known. */
    Duration send(String provider, Duration unknown) {
        Double nanos = sendNanos.get(provider);
        return nanos == null ? unknown : Duration.ofNanos(nanos.longValue());
    }

    /** At most half its connections, and that until something is known of it; at least one, and none where a mail takes long. */
    int of(String provider, int connections) {
        int most = Math.max(1, connections / 2);
        double claims = CLAIM.toNanos() / Math.max(1, sendNanos.getOrDefault(provider, 1.0));
        return (int) Math.min(most, Math.round(connections * claims));
    }
}
