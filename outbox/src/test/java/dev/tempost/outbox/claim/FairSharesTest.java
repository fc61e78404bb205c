package dev.tempost.outbox.claim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.FairShares.Offer;
import dev.tempost.outbox.rows.ClaimedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FairSharesTest {

    private static List<Lane> lanes(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Lane(3, "tenant-%03d".formatted(i), "welcome", 1, false))
                .toList();
    }

    private static ClaimedRow row(Lane lane) {
        return new ClaimedRow(
                1, UUID.randomUUID(), lane.tenant(), lane.eventType(), lane.priority(), null, null, null, null, null);
    }

    @Test
    void placesGoByWeight() {
        assertThat(FairShares.of(lanes(2), 16, tenant -> tenant.endsWith("0") ? 3 : 1))
                .extracting(Offer::share)
                .startsWith(12, 4);
    }

    @Test
    void whatIsLeftGoesFirstToThoseThatGotNothing() {
        List<Lane> ring = lanes(3);
        assertThat(FairShares.of(ring, 2, tenant -> 1))
                .extracting(Offer::lane)
                .containsExactly(ring.get(0), ring.get(1), ring.get(2), ring.get(0), ring.get(1));
    }

    @Property(tries = 300)
    void sharesOfThoseServedNeverExceedTheRoomUnlessEachHasOne(
            @ForAll @IntRange(min = 1, max = 50) int room,
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 1, max = 1000) Integer> weights) {
        List<Lane> ring = lanes(weights.size());
        List<Offer> offers = FairShares.of(ring, room, tenant -> weights.get(Integer.parseInt(tenant.substring(7))));
        List<Integer> shares = offers.stream()
                .limit(Math.min(room, ring.size()))
                .map(Offer::share)
                .toList();
        assertThat(shares).allMatch(share -> share >= 1);
        int sum = shares.stream().mapToInt(Integer::intValue).sum();
        assertThat(sum)
                .isLessThanOrEqualTo(
                        room + (int) shares.stream().filter(share -> share == 1).count());
    }

    /** Lanes that never run dry, claimed again and again with changing room. */
    @Property(tries = 300)
    void noLaneIsPassedOverMoreOftenThanThereAreLanes(
            @ForAll @IntRange(min = 1, max = 40) int count,
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 1, max = 9) Integer> rooms) {
        List<Lane> all = lanes(count);
        Map<String, Integer> passedOver = new TreeMap<>();
        int begin = 0;
        for (int room : rooms) {
            List<Lane> ring = new ArrayList<>(all.subList(begin, count));
            ring.addAll(all.subList(0, begin));
            List<ClaimedRow> taken = new ArrayList<>();
            for (Offer offer : FairShares.of(ring, room, tenant -> 1)) {
                for (int i = 0; i < offer.share() && taken.size() < room; i++) {
                    taken.add(row(offer.lane()));
                }
            }
            assertThat(taken).hasSize(room);
            all.forEach(lane -> passedOver.merge(lane.tenant(), 1, Integer::sum));
            taken.forEach(row -> passedOver.put(row.tenant(), 0));
            assertThat(passedOver.values()).allMatch(times -> times <= count);
            begin = (all.indexOf(FairShares.next(ring, room, taken)) + 1) % count;
        }
    }

    @Test
    void theTurnGoesOnAfterTheLastThatGotSomething() {
        List<Lane> ring = lanes(5);
        assertThat(FairShares.next(ring, 3, List.of(row(ring.get(0)), row(ring.get(1)))))
                .as("the third was offered a place and had nothing to take it")
                .isEqualTo(ring.get(1));
        assertThat(FairShares.next(ring, 3, List.of(row(ring.get(2))))).isEqualTo(ring.get(2));
        assertThat(FairShares.next(
                        ring, 9, ring.stream().map(FairSharesTest::row).toList()))
                .as("all had their turn")
                .isEqualTo(ring.get(0));
    }
}
