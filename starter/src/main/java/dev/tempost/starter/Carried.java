package dev.tempost.starter;

import dev.tempost.outbox.rows.ClaimedRow;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The rows in batches that this replica has claimed and that have not ended yet, and how many more it may claim for them: of each
 * provider as many as its connections send in two seconds, as measured, in two batches, so that one is on its way while the other
 * is being sent.
 */
final class Carried {

    /** The most rows of one batch. */
    static final int MOST_ROWS = 500;

    private static final Duration AHEAD = Duration.ofSeconds(2);
    private static final Duration UNTIL_MEASURED = Duration.ofMillis(100);

    private final Routing routing;
    private final Margins margins;
    private final LongSupplier nanoTime;
    private final Map<Long, Flight> rows = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    Carried(Routing routing, Margins margins, LongSupplier nanoTime) {
        this.routing = routing;
        this.margins = margins;
        this.nanoTime = nanoTime;
    }

    void add(List<ClaimedRow> batch) {
        for (ClaimedRow row : batch) {
            String provider = routing.provider(row.eventType());
            if (rows.putIfAbsent(row.id(), new Flight(nanoTime.getAsLong(), provider, false, true)) == null) {
                counts.merge(provider, 1, Integer::sum);
            }
        }
    }

    Map<Long, Flight> rows() {
        return rows;
    }

    /** A row has ended, or went back. Returns whether its provider now has room for a batch, and had none before. */
    boolean end(long id) {
        Flight ended = rows.remove(id);
        if (ended == null) {
            return false;
        }
        String provider = ended.provider();
        boolean full = free(provider) == 0;
        counts.merge(provider, -1, Integer::sum);
        if (ended.sending()) {
            margins.sent(provider, nanoTime.getAsLong() - ended.begunAt());
        }
        return full && free(provider) > 0;
    }

    /** What claims of batches may take, one after another. */
    List<Room> rooms() {
        Map<String, Integer> free = new HashMap<>();
        routing.connections().keySet().forEach(provider -> free.put(provider, free(provider)));
        return Rooms.inTurn(MOST_ROWS, free);
    }

    /** None where it is not worth a batch. */
    private int free(String provider) {
        int most = most(provider);
        int free = most - counts.getOrDefault(provider, 0);
        return 2 * free < most ? 0 : free;
    }

    private int most(String provider) {
        int connections = routing.connections().getOrDefault(provider, 1);
        Duration send = margins.send(provider, UNTIL_MEASURED);
        return (int)
                Math.clamp(connections * (AHEAD.toNanos() / Math.max(1, send.toNanos())), connections, 2L * MOST_ROWS);
    }
}
