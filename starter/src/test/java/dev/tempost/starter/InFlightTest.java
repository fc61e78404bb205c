package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private final InFlight inFlight = new InFlight(9);

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
        InFlight one = new InFlight(1);
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

    private void add(int rows) {
        LongStream.rangeClosed(1, rows).forEach(inFlight::add);
    }
}
