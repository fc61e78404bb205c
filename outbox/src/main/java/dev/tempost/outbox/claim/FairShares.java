package dev.tempost.outbox.claim;

import dev.tempost.outbox.rows.ClaimedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Shares places out among the lanes of one priority: in turns, in the order of a ring, by the weights of their tenants. What a lane
 * does not use goes to the others.
 */
final class FairShares {

    private FairShares() {}

    /**
     * How much a claim may take of a lane.
     *
     * @param lane the lane
     * @param share at most so many rows
     */
    record Offer(Lane lane, int share) {}

    /**
     * What to offer, best first: their shares to as many lanes as there are places, then to every lane what is left, first to
     * those that got nothing.
     *
     * @param ring the lanes, beginning with the one whose turn it is
     * @param room how many places there are; at least 1
     * @param weightOf how many places a tenant gets for each one of a tenant of weight 1
     */
    static List<Offer> of(List<Lane> ring, int room, ToIntFunction<String> weightOf) {
        List<Lane> served = ring.subList(0, Math.min(ring.size(), room));
        long weights = served.stream()
                .mapToLong(lane -> weightOf.applyAsInt(lane.tenant()))
                .sum();
        List<Offer> offers = new ArrayList<>();
        for (Lane lane : served) {
            long share = room * (long) weightOf.applyAsInt(lane.tenant()) / weights;
            offers.add(new Offer(lane, (int) Math.max(1, share)));
        }
        ring.subList(served.size(), ring.size()).forEach(lane -> offers.add(new Offer(lane, room)));
        served.forEach(lane -> offers.add(new Offer(lane, room)));
        return offers;
    }

    /**
     * The lane after which the ring begins next time: the last of those with a share of their own that got something. When all
     * lanes did, the first, which then is last: what cannot be divided evenly goes to somebody else.
     *
     * @param taken what was claimed
     */
    static Lane next(List<Lane> ring, int room, List<ClaimedRow> taken) {
        int last = Math.min(ring.size(), room) - 1;
        while (last > 0 && taken.stream().noneMatch(ring.get(last)::holds)) {
            last--;
        }
        return last == ring.size() - 1 ? ring.getFirst() : ring.get(last);
    }
}
