package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.Claims;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private static final int BULK = 3;
    private static final long URGENT_ID = 100;

    private final AtomicLong clock = new AtomicLong();
    private final InFlight inFlight = InFlight.fixed(9, clock::get);

    @Test
    void aRowCountsOnceHoweverOftenItIsAdded() {
        inFlight.add(7, BULK);
        inFlight.add(7, BULK);

        assertThat(inFlight.size()).isEqualTo(1);
        assertThat(inFlight.room()).isEqualTo(8);
        assertThat(inFlight.ids()).containsExactly(7);
    }

    @Test
    void onlyARowThatWasInFlightIsRemoved() {
        inFlight.add(7, BULK);

        assertThat(inFlight.remove(8)).isFalse();
        assertThat(inFlight.remove(7)).isTrue();
        assertThat(inFlight.remove(7)).isFalse();
        assertThat(inFlight.size()).isZero();
    }

    @Test
    void aClaimWaitsUntilAThirdOfTheRoomIsFree() {
        add(7);
        assertThat(inFlight.room()).isZero();

        inFlight.remove(1);

        assertThat(inFlight.room()).isEqualTo(3);
    }

    @Test
    void aFullReplicaClaimsNothing() {
        add(9);

        assertThat(inFlight.room()).isZero();
    }

    @Test
    void anIdleReplicaAlwaysClaims() {
        assertThat(inFlight.room()).isPositive();
    }

    @Test
    void roomForOneIsEnoughForAClaimAsSoonAsItIsFree() {
        InFlight one = InFlight.fixed(1, clock::get);
        one.add(1, BULK);
        assertThat(one.room()).isZero();

        one.remove(1);

        assertThat(one.room()).isEqualTo(1);
    }

    @Test
    void rowsReclaimedBeyondTheCapacityLeaveNoRoomAndNoClaim() {
        add(11);

        assertThat(inFlight.room()).isZero();
    }

    @Test
    void anUrgentRowFindsAPlaceWhereNoOtherDoes() {
        add(9);
        assertThat(inFlight.room()).isZero();
        assertThat(inFlight.roomForUrgent()).isEqualTo(3);

        addUrgent(3);

        assertThat(inFlight.roomForUrgent()).isZero();
    }

    @Test
    void whileAnUrgentRowIsOnItsWayTheOthersHaveAThirdOfThePlaces() {
        add(4);
        addUrgent(1);
        assertThat(inFlight.room()).as("beside four others").isZero();
        assertThat(inFlight.roomForUrgent()).isEqualTo(7);

        inFlight.remove(1);
        inFlight.remove(2);
        assertThat(inFlight.room()).as("beside two others").isEqualTo(1);

        inFlight.remove(URGENT_ID);
        assertThat(inFlight.room()).as("once it has arrived").isEqualTo(7);
    }

    @Test
    void anUrgentRowThatTakesLongHoldsNobodyBack() {
        add(3);
        addUrgent(1);
        assertThat(inFlight.room()).isZero();

        clock.addAndGet(Duration.ofSeconds(1).toNanos());

        assertThat(inFlight.room()).isEqualTo(5);
    }

    @Test
    void urgentRowsAloneHaveAllThePlaces() {
        addUrgent(6);
        assertThat(inFlight.room()).isEqualTo(3);

        addUrgent(9);
        assertThat(inFlight.room()).isZero();
        assertThat(inFlight.roomForUrgent()).isEqualTo(3);
    }

    @Test
    void aReplicaTakesFewerRowsWhileTheyQueueUpInTemporalAndMoreWhenTheyDoNot() {
        InFlight adaptive = InFlight.adaptive(32, clock::get);
        deliver(adaptive, clock, Duration.ofMillis(5));
        assertThat(adaptive.capacity()).as("nothing queues up").isBetween(31, 32);

        deliver(adaptive, clock, Duration.ofMillis(200));
        assertThat(adaptive.capacity()).as("everything queues up").isEqualTo(7);

        deliver(adaptive, clock, Duration.ofMillis(5));
        assertThat(adaptive.capacity()).as("the queue is gone").isBetween(31, 32);
    }

    /** Many rows, as many at once as there may be, each of which waits so long for its attempt. */
    private static void deliver(InFlight inFlight, AtomicLong clock, Duration wait) {
        for (int batch = 0; batch < 200; batch++) {
            int rows = inFlight.capacity();
            LongStream.range(0, rows).forEach(id -> inFlight.add(id, BULK));
            clock.addAndGet(wait.toNanos());
            LongStream.range(0, rows).forEach(inFlight::begun);
            LongStream.range(0, rows).forEach(inFlight::remove);
        }
    }

    private void addUrgent(int rows) {
        LongStream.range(0, rows).forEach(i -> inFlight.add(URGENT_ID + i, Claims.URGENT));
    }

    private void add(int rows) {
        LongStream.rangeClosed(1, rows).forEach(id -> inFlight.add(id, BULK));
    }
}
