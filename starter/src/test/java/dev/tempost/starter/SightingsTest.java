package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.rows.Stage;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class SightingsTest {

    private final Flights flights = Given.flights(9, Given.routing(Map.of("mail", 8)), () -> {}, System::nanoTime);

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
    void theNextLookComesAfterAPause() throws InterruptedException {
        flights.add(Given.row(1));

        Next next = new Sightings(ids -> Map.of(), flights, Duration.ofMillis(25), System::nanoTime).run();

        assertThat(next).isEqualTo(Next.after(Duration.ofMillis(25)));
    }

    @Test
    void theTableIsNotAskedWhileNothingIsInFlight() throws InterruptedException {
        CountDownLatch looked = new CountDownLatch(1);
        RepeatingTask task = new RepeatingTask(
                "Looking",
                new Backoff(Duration.ZERO, Duration.ZERO),
                failure -> false,
                new Sightings(
                        ids -> {
                            assertThat(ids).containsExactly(1);
                            looked.countDown();
                            return Map.of(1L, Stage.ENDED);
                        },
                        flights,
                        Duration.ZERO,
                        System::nanoTime));
        task.start();

        flights.add(Given.row(1));

        looked.await();
        task.stop();
        task.join(Duration.ofSeconds(10));
    }
}
