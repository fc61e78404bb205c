package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.Stage;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FlightsTest {

    private static final int MANY = 1000;
    private static final long URGENT_ID = 100;

    private final AtomicLong clock = new AtomicLong();
    private final AtomicInteger rings = new AtomicInteger();
    // nine may wait for Temporal; eight connections, so that twelve rows may be in flight, and eleven
    // are worth no claim
    private final Flights flights = fixed(9, Map.of("mail", MANY));
    private final Flights slow = fixed(9, Map.of("mail", 8, "other", 8));

    @Test
    void batchesAreClaimedAheadForAsLongAsTheirProviderNeeds() {
        AtomicLong time = new AtomicLong();
        AtomicInteger rings = new AtomicInteger();
        Flights ahead = Given.flights(3, Given.routing(Map.of("mail", 8)), rings::incrementAndGet, time::get);
        assertThat(ahead.roomsForBatches())
                .singleElement()
                .satisfies(room -> assertThat(room.rows())
                        .as("eight connections, a tenth of a second each until it is measured, two seconds")
                        .isEqualTo(160));

        ahead.addBatch(LongStream.rangeClosed(1, 100)
                .mapToObj(id -> Given.carried(id, "batch:a"))
                .toList());
        assertThat(ahead.roomsForBatches()).as("not worth a batch").isEmpty();
        assertThat(ahead.room().rows()).as("others do not wait for it").isEqualTo(3);

        ahead.onBegun(1);
        time.addAndGet(Duration.ofSeconds(1).toNanos());
        ahead.onEnded(1);
        assertThat(ahead.roomsForBatches()).as("16 rows in two seconds").isEmpty();
        LongStream.rangeClosed(2, 92).forEach(ahead::onEnded);

        assertThat(ahead.roomsForBatches())
                .singleElement()
                .satisfies(room -> assertThat(room.rows()).isEqualTo(8));
        assertThat(rings).as("once, when there was room again").hasValue(1);
    }

    @Test
    void aRowCountsOnceHoweverOftenItIsAdded() {
        flights.add(Given.row(7));
        flights.add(Given.row(7));

        assertThat(flights.size()).isEqualTo(1);
        assertThat(flights.room().rows()).isEqualTo(8);
        assertThat(flights.ids()).containsExactly(7);
    }

    @Test
    void whatIsToldOfOtherRowsChangesNothing() {
        flights.add(Given.row(7));

        flights.onBegun(8);
        flights.onEnded(8);

        assertThat(flights.ids()).containsExactly(7);
        assertThat(flights.sending(7)).isFalse();
        assertThat(flights.sending(8)).isFalse();
    }

    @Test
    void aClaimWaitsUntilAThirdOfTheRoomIsFree() {
        add(flights, 1, 7);
        assertThat(flights.room().rows()).isZero();

        flights.onEnded(1);

        assertThat(flights.room().rows()).isEqualTo(3);
    }

    @Test
    void aFullReplicaClaimsNothing() {
        add(flights, 1, 9);

        assertThat(flights.room().rows()).isZero();
    }

    @Test
    void rowsThatAreBeingSentLeaveTheirPlaceToOthers() {
        add(flights, 1, 9);

        LongStream.rangeClosed(1, 9).forEach(flights::onBegun);

        assertThat(flights.room().rows()).isEqualTo(9);
        assertThat(flights.size()).isEqualTo(9);
    }

    @Test
    void aProviderHasItsConnectionsAndAFewRowsMore() {
        add(slow, 1, 10);
        LongStream.rangeClosed(1, 8).forEach(slow::onBegun);
        assertThat(slow.room().rows()).as("beside ten").isEqualTo(2);

        add(slow, 11, 1);

        assertThat(slow.room().full()).containsExactly("mail");
        assertThat(slow.room().rows()).as("for the other provider").isEqualTo(9);
    }

    @Test
    void theLongerAMailTakesTheFewerRowsWaitForAConnection() {
        Flights single = fixed(9, Map.of("mail", 1, "other", 8));
        add(single, 1, 1);
        single.onBegun(1);
        assertThat(single.room().full()).as("nothing is known of it").isEmpty();
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        single.onEnded(1);

        add(single, 2, 1);
        single.onBegun(2);

        assertThat(single.room().full()).containsExactly("mail");
        assertThat(single.room().rows()).as("for the other").isEqualTo(9);
    }

    @Test
    void aSingleConnectionThatIsTakenKeepsNoOtherProviderWaiting() {
        Flights single = fixed(9, Map.of("mail", 1, "other", 8));
        add(single, 1, 2);

        assertThat(single.room().full()).containsExactly("mail");
        assertThat(single.room().rows()).isPositive();
    }

    @Test
    void noClaimBringsMoreThanTheEmptiestProviderMayTake() {
        Flights small = fixed(9, Map.of("mail", 8, "small", 1));

        assertThat(small.room().rows()).isEqualTo(2);
    }

    @Test
    void aProviderThatMayTakeFewRowsHasAClaimOfItsOwn() {
        Flights small = fixed(9, Map.of("mail", 8, "small", 1));

        assertThat(small.rooms()).containsExactly(new Room(9, Set.of("small")), new Room(2, Set.of("mail")));
    }

    @Test
    void providersThatMayTakeManyRowsShareAClaim() {
        assertThat(slow.rooms()).containsExactly(new Room(9, Set.of()));
    }

    @Test
    void rowsThatWaitForAFullProviderDoNotKeepOthersFromTemporal() {
        add(slow, 1, 8);
        LongStream.rangeClosed(1, 8).forEach(slow::onBegun);
        add(slow, 9, 2);

        assertThat(slow.waiting()).isZero();
    }

    @Test
    void aRowThatHadToWaitForAConnectionSaysNothingOfTemporal() {
        Flights adaptive = Flights.adaptive(32, Given.routing(Map.of("mail", 2)), () -> {}, clock::get);
        add(adaptive, 1, 2);
        LongStream.rangeClosed(1, 2).forEach(adaptive::onBegun);
        int before = adaptive.capacity();

        for (int id = 3; id < 300; id++) {
            adaptive.add(Given.row(id));
            clock.addAndGet(Duration.ofSeconds(1).toNanos());
            adaptive.onEnded(id - 2);
            adaptive.onBegun(id);
        }

        assertThat(adaptive.capacity()).isEqualTo(before);
    }

    @Test
    void anEndRingsWhenItMakesRoom() {
        add(flights, 1, 9);

        flights.onEnded(1);
        flights.onEnded(2);
        assertThat(rings).hasValue(0);

        flights.onEnded(3);
        assertThat(rings).hasValue(1);

        flights.onEnded(4);
        assertThat(rings).as("there was room already").hasValue(1);
    }

    @Test
    void aBeginningRingsWhenItMakesRoom() {
        add(flights, 1, 9);

        LongStream.rangeClosed(1, 3).forEach(flights::onBegun);

        assertThat(rings).hasValue(1);
    }

    @Test
    void anEndAtAFullProviderRings() {
        add(slow, 1, 8);
        LongStream.rangeClosed(1, 8).forEach(slow::onBegun);
        add(slow, 9, 3);
        int before = rings.get();

        slow.onEnded(1);

        assertThat(rings).hasValue(before + 1);
        assertThat(slow.room().full()).isEmpty();
    }

    @Test
    void anUrgentRowFindsAPlaceWhereNoOtherDoes() {
        add(flights, 1, 9);
        assertThat(flights.room().rows()).isZero();
        assertThat(flights.roomForUrgent().rows()).isEqualTo(3);

        addUrgent(3);

        assertThat(flights.roomForUrgent().rows()).isZero();
    }

    @Test
    void anUrgentRowFindsAPlaceAtAFullProvider() {
        add(slow, 1, 8);
        LongStream.rangeClosed(1, 8).forEach(slow::onBegun);
        add(slow, 9, 3);
        assertThat(slow.room().full()).containsExactly("mail");

        assertThat(slow.roomForUrgent().full()).isEmpty();
        assertThat(slow.roomForUrgent().rows()).isEqualTo(3);
    }

    @Test
    void whileAnUrgentRowIsOnItsWayTheOthersHaveAThirdOfThePlaces() {
        add(flights, 1, 4);
        addUrgent(1);
        assertThat(flights.room().rows()).as("beside four others").isZero();
        assertThat(flights.roomForUrgent().rows()).isEqualTo(7);

        flights.onEnded(1);
        flights.onEnded(2);
        assertThat(flights.room().rows()).as("beside two others").isEqualTo(1);

        flights.onEnded(URGENT_ID);
        assertThat(flights.room().rows()).as("once it has arrived").isEqualTo(7);
    }

    @Test
    void anUrgentRowThatTakesLongHoldsNobodyBack() {
        add(flights, 1, 3);
        addUrgent(1);
        assertThat(flights.room().rows()).isZero();

        clock.addAndGet(Duration.ofSeconds(1).toNanos());

        assertThat(flights.room().rows()).isEqualTo(5);
    }

    @Test
    void whatTheTableSaysCountsUnlessARowWasClaimedLater() {
        add(flights, 1, 3);
        long lookedAt = clock.incrementAndGet();
        clock.incrementAndGet();
        add(flights, 4, 1);

        flights.seen(Map.of(1L, Stage.WAITING, 2L, Stage.SENDING, 3L, Stage.ENDED, 4L, Stage.ENDED), lookedAt);

        assertThat(flights.ids()).containsExactly(1, 2, 4);
        assertThat(flights.sending(1)).isFalse();
        assertThat(flights.sending(2)).isTrue();
    }

    @Test
    void aReplicaTakesFewerRowsWhileTheyQueueUpInTemporalAndMoreWhenTheyDoNot() {
        Flights adaptive = Flights.adaptive(32, Given.routing(Map.of("mail", MANY)), () -> {}, clock::get);
        deliver(adaptive, Duration.ofMillis(5));
        assertThat(adaptive.capacity()).as("nothing queues up").isBetween(31, 32);

        deliver(adaptive, Duration.ofMillis(200));
        assertThat(adaptive.capacity()).as("everything queues up").isEqualTo(7);

        deliver(adaptive, Duration.ofMillis(5));
        assertThat(adaptive.capacity()).as("the queue is gone").isBetween(31, 32);
    }

    /** Many rows, as many at once as there may be, each of which waits so long for its attempt. */
    private void deliver(Flights adaptive, Duration wait) {
        for (int batch = 0; batch < 200; batch++) {
            int rows = adaptive.capacity();
            add(adaptive, 0, rows);
            clock.addAndGet(wait.toNanos());
            LongStream.range(0, rows).forEach(adaptive::onBegun);
            LongStream.range(0, rows).forEach(adaptive::onEnded);
        }
    }

    private Flights fixed(int capacity, Map<String, Integer> connections) {
        return Given.flights(capacity, Given.routing(connections), rings::incrementAndGet, clock::get);
    }

    private void addUrgent(int rows) {
        LongStream.range(0, rows).forEach(i -> flights.add(Given.urgent(URGENT_ID + i)));
    }

    private static void add(Flights flights, long first, int rows) {
        LongStream.range(first, first + rows).forEach(id -> flights.add(Given.row(id)));
    }
}
