package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.DispatchedRows.Stage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SightingsTest {

    private final Flights flights = Flights.fixed(9, Given.routing(Map.of("mail", 8)), () -> {}, System::nanoTime);

    @Test
    void aRowThatTheTableSawEndIsNoLongerInFlight() throws InterruptedException {
        flights.add(Given.row(1));
        flights.add(Given.row(2));

        new Sightings(
                        ids -> {
                            assertThat(ids).containsExactly(1, 2);
                            return Map.of(1L, Stage.ENDED, 2L, Stage.SENDING);
                        },
                        flights,
                        Duration.ZERO,
                        System::nanoTime)
                .run();

        assertThat(flights.ids()).containsExactly(2);
        assertThat(flights.sending(2)).isTrue();
    }

    @Test
    void theTableIsNotAskedWhileNothingIsInFlight() throws InterruptedException {
        CountDownLatch looked = new CountDownLatch(1);
        Loop loop = new Loop(
                "Looking",
                new Sightings(
                        ids -> {
                            assertThat(ids).containsExactly(1);
                            looked.countDown();
                            return Map.of(1L, Stage.ENDED);
                        },
                        flights,
                        Duration.ZERO,
                        System::nanoTime));
        loop.start();

        flights.add(Given.row(1));

        looked.await();
        loop.stop();
        loop.join(Duration.ofSeconds(10));
    }
}
