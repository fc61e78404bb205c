package dev.tempost.demo.bench.peers;

import dev.tempost.demo.bench.SlowSink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What came of rows.
 *
 * @param committedAt when the transaction of each began, by id
 * @param firstAt when the first mail of each was accepted, by id, in that order
 * @param doubled those of which more than one was
 */
record Received(Map<String, Instant> committedAt, Map<String, Instant> firstAt, Set<String> doubled) {

    static Received of(Map<String, Instant> committedAt, List<SlowSink.Accepted> accepted) {
        Map<String, Instant> firstAt = new LinkedHashMap<>();
        Set<String> doubled = new HashSet<>();
        for (SlowSink.Accepted mail : accepted) {
            String id = mail.to().substring(0, mail.to().indexOf('@'));
            if (committedAt.containsKey(id) && firstAt.putIfAbsent(id, mail.at()) != null) {
                doubled.add(id);
            }
        }
        return new Received(committedAt, firstAt, doubled);
    }

    /** Waits until each of the rows has come, but no longer than that. */
    static Received await(SlowSink sink, Map<String, Instant> committedAt, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            List<SlowSink.Accepted> accepted = sink.accepted();
            if (accepted.size() >= committedAt.size() || System.nanoTime() > deadline) {
                Received received = of(committedAt, accepted);
                if (received.missing() == 0 || System.nanoTime() > deadline) {
                    return received;
                }
            }
            Thread.sleep(20);
        }
    }

    int missing() {
        return committedAt.size() - firstAt.size();
    }

    /** Milliseconds from the begin of each row's transaction to the acceptance of its mail, of those that came. */
    List<Double> lags() {
        List<Double> lags = new ArrayList<>();
        firstAt.forEach((id, at) -> lags.add(seconds(Objects.requireNonNull(committedAt.get(id)), at) * 1000));
        return lags;
    }

    /** Until the last of them was accepted. */
    double secondsSince(Instant start) {
        return seconds(start, firstAt.values().stream().max(Instant::compareTo).orElse(start));
    }

    /** Of the middle four fifths: begin and end are no throughput. Of less than a hundred rows, none. */
    double perSecond() {
        List<Instant> times = List.copyOf(firstAt.values());
        int from = times.size() / 10;
        int to = times.size() * 9 / 10;
        return times.size() < 100 ? 0 : (to - from) / seconds(times.get(from), times.get(to));
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }
}
