package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private final InFlight inFlight = InFlight.fixed(9);

    @Test
    void aRowCountsOnceHoweverOftenItIsAdded() {
        inFlight.add(7);
        inFlight.add(7);

        assertThat(inFlight.size()).isEqualTo(1);
        assertThat(inFlight.free()).isEqualTo(8);
        assertThat(inFlight.ids()).containsExactly(7);
    }

    @Test
    void onlyARowThatWasInFlightIsRemoved() {
        inFlight.add(7);

        assertThat(inFlight.remove(8)).isFalse();
        assertThat(inFlight.remove(7)).isTrue();
        assertThat(inFlight.remove(7)).isFalse();
        assertThat(inFlight.size()).isZero();
    }

    @Test
    void aClaimWaitsUntilAThirdOfTheRoomIsFree() {
        add(7);
        assertThat(inFlight.worthAClaim()).isFalse();

        inFlight.remove(1);

        assertThat(inFlight.free()).isEqualTo(3);
        assertThat(inFlight.worthAClaim()).isTrue();
    }

    @Test
    void aFullReplicaClaimsNothing() {
        add(9);

        assertThat(inFlight.free()).isZero();
        assertThat(inFlight.worthAClaim()).isFalse();
    }

    @Test
    void anIdleReplicaAlwaysClaims() {
        assertThat(inFlight.worthAClaim()).isTrue();
    }

    @Test
    void roomForOneIsEnoughForAClaimAsSoonAsItIsFree() {
        InFlight one = InFlight.fixed(1);
        one.add(1);
        assertThat(one.worthAClaim()).isFalse();

        one.remove(1);

        assertThat(one.worthAClaim()).isTrue();
    }

    @Test
    void rowsReclaimedBeyondTheCapacityLeaveNoRoomAndNoClaim() {
        add(11);

        assertThat(inFlight.free()).isNegative();
        assertThat(inFlight.worthAClaim()).isFalse();
    }

    @Test
    void aReplicaTakesFewerRowsWhileTheyQueueUpInTemporalAndMoreWhenTheyDoNot() {
        AtomicLong clock = new AtomicLong();
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
            LongStream.range(0, rows).forEach(inFlight::add);
            clock.addAndGet(wait.toNanos());
            LongStream.range(0, rows).forEach(inFlight::begun);
            LongStream.range(0, rows).forEach(inFlight::remove);
        }
    }

    private void add(int rows) {
        LongStream.rangeClosed(1, rows).forEach(inFlight::add);
    }
}
