package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.Claims;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private static final int BULK = 3;

    private final AtomicLong clock = new AtomicLong();
    private final InFlight inFlight = InFlight.fixed(9, clock::get);

    @Test
    void aRowCountsOnceHoweverOftenItIsAdded() {
        inFlight.add(7, BULK);
        inFlight.add(7, BULK);

        assertThat(inFlight.size()).isEqualTo(1);
        assertThat(inFlight.free()).isEqualTo(8);
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
        assertThat(inFlight.room().none()).isTrue();

        inFlight.remove(1);

        assertThat(inFlight.free()).isEqualTo(3);
        assertThat(inFlight.room().none()).isFalse();
    }

    @Test
    void aFullReplicaClaimsNothing() {
        add(9);

        assertThat(inFlight.free()).isZero();
        assertThat(inFlight.room().none()).isTrue();
    }

    @Test
    void anIdleReplicaAlwaysClaims() {
        assertThat(inFlight.room().none()).isFalse();
    }

    @Test
    void roomForOneIsEnoughForAClaimAsSoonAsItIsFree() {
        InFlight one = InFlight.fixed(1, clock::get);
        one.add(1, BULK);
        assertThat(one.room().none()).isTrue();

        one.remove(1);

        assertThat(one.room()).isEqualTo(new InFlight.Room(1, Claims.ANY_PRIORITY));
    }

    @Test
    void rowsReclaimedBeyondTheCapacityLeaveNoRoomAndNoClaim() {
        add(11);

        assertThat(inFlight.free()).isNegative();
        assertThat(inFlight.room().none()).isTrue();
    }

    @Test
    void anUrgentRowFindsAPlaceWhereNoOtherDoes() {
        add(9);
        assertThat(inFlight.roomForUrgent()).isEqualTo(new InFlight.Room(3, Claims.URGENT));

        LongStream.range(20, 23).forEach(id -> inFlight.add(id, Claims.URGENT));

        assertThat(inFlight.roomForUrgent().none()).isTrue();
    }

    @Test
    void whileAnUrgentRowIsOnItsWayTheOthersHaveAThirdOfThePlaces() {
        add(6);
        inFlight.add(20, Claims.URGENT);
        inFlight.remove(1);
        inFlight.remove(2);
        assertThat(inFlight.room()).as("four others").isEqualTo(new InFlight.Room(4, Claims.URGENT));

        inFlight.remove(3);
        inFlight.remove(4);
        assertThat(inFlight.room()).as("two others").isEqualTo(new InFlight.Room(1, Claims.ANY_PRIORITY));

        inFlight.remove(20);
        assertThat(inFlight.room()).as("it has arrived").isEqualTo(new InFlight.Room(7, Claims.ANY_PRIORITY));
    }

    @Test
    void anUrgentRowThatTakesLongHoldsNobodyBack() {
        add(3);
        inFlight.add(20, Claims.URGENT);
        assertThat(inFlight.room()).isEqualTo(new InFlight.Room(5, Claims.URGENT));

        clock.addAndGet(Duration.ofSeconds(1).toNanos());

        assertThat(inFlight.room()).isEqualTo(new InFlight.Room(5, Claims.ANY_PRIORITY));
    }

    @Test
    void urgentRowsAloneHaveAllThePlaces() {
        LongStream.range(0, 5).forEach(id -> inFlight.add(id, Claims.URGENT));

        assertThat(inFlight.room().places()).isEqualTo(3);

        LongStream.range(0, 3).forEach(id -> inFlight.add(30 + id, BULK));
        inFlight.remove(0);
        inFlight.remove(1);
        assertThat(inFlight.room()).isEqualTo(new InFlight.Room(3, Claims.URGENT));
    }

    @Test
    void aReplicaTakesFewerRowsWhileTheyQueueUpInTemporalAndMoreWhenTheyDoNot() {
        InFlight adaptive = InFlight.adaptive(32, clock::get);
        deliver(adaptive, clock, Duration.ofMillis(5));
        assertThat(adaptive.capacity()).as("nothing queues up").isBetween(31, 32);

        deliver(adaptive, clock, Duration.ofMillis(200));
        assertThat(adaptive.capacity()).as("everything queues up").isEqualTo(10);

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

    private void add(int rows) {
        LongStream.rangeClosed(1, rows).forEach(id -> inFlight.add(id, BULK));
    }
}
