package dev.tempost.activities;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PlacesTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final List<String> order = new CopyOnWriteArrayList<>();

    @Test
    void thereAreAsManyPlacesAsItWasMadeWith() {
        Places places = new Places(2);

        assertThat(places.take(3, Duration.ZERO)).isNotNull();
        assertThat(places.take(3, Duration.ZERO)).isNotNull();
        assertThat(places.take(1, Duration.ZERO)).isNull();
        assertThat(places.waiting()).isZero();
    }

    @Test
    void aPlaceIsGivenBackOnce() {
        Places places = new Places(1);
        Places.Place place = taken(places);

        place.close();
        place.close();

        assertThat(places.take(3, Duration.ZERO)).isNotNull();
        assertThat(places.take(3, Duration.ZERO)).isNull();
    }

    @Test
    void theMostUrgentGoesFirstAndAmongEqualsTheFirstThatCame() throws Exception {
        Places places = new Places(1);
        Places.Place held = taken(places);
        List<Thread> waiting = List.of(
                waits(places, 5, "bulk", 1),
                waits(places, 3, "first", 2),
                waits(places, 3, "second", 3),
                waits(places, 1, "urgent", 4));

        held.close();
        for (Thread thread : waiting) {
            thread.join();
        }

        assertThat(order).containsExactly("urgent", "first", "second", "bulk");
        assertThat(places.take(3, Duration.ZERO)).isNotNull();
    }

    @Test
    void oneOfSixteenIsKeptForUrgentMessages() throws Exception {
        Places places = new Places(16);
        List<Places.Place> held = Stream.generate(() -> taken(places)).limit(15).toList();
        assertThat(places.take(2, Duration.ZERO)).as("the last one").isNull();

        Thread bulk = waits(places, 3, "bulk", 1);
        Places.Place urgent = Objects.requireNonNull(places.take(1, Duration.ZERO));
        urgent.close();
        assertThat(places.waiting()).as("those that wait for another").isEqualTo(1);

        held.getFirst().close();
        bulk.join();

        assertThat(order).containsExactly("bulk");
    }

    @Test
    void whoeverGivesUpOrIsInterruptedLeavesNoPlaceBehind() throws Exception {
        Places places = new Places(1);
        Places.Place held = taken(places);
        assertThat(places.take(3, Duration.ofMillis(1))).isNull();
        Thread interrupted = waits(places, 3, "interrupted", 1);
        interrupted.interrupt();
        interrupted.join();

        held.close();

        assertThat(order).isEmpty();
        assertThat(places.waiting()).isZero();
        assertThat(places.take(3, Duration.ZERO)).isNotNull();
    }

    @Test
    void neverAreMoreInsideThanThereArePlaces() {
        Places places = new Places(3);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger served = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 500; i++) {
                int priority = 1 + i % 5;
                // some are so impatient that places meet those who have just given up
                Duration patience = i % 7 == 0 ? Duration.ofNanos(1000) : LONG;
                threads.submit(() -> {
                    try (Places.Place place = places.take(priority, patience)) {
                        if (place != null) {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            Thread.onSpinWait();
                            inside.decrementAndGet();
                            served.incrementAndGet();
                        }
                    }
                });
            }
        }

        assertThat(most.get()).isLessThanOrEqualTo(3);
        assertThat(served.get()).isGreaterThanOrEqualTo(500 - 500 / 7 - 1);
        assertThat(List.of(taken(places), taken(places), taken(places))).hasSize(3);
        assertThat(places.take(1, Duration.ZERO))
                .as("a place that came out of nothing")
                .isNull();
    }

    private static Places.Place taken(Places places) {
        return Objects.requireNonNull(places.take(3, Duration.ZERO));
    }

    private Thread waits(Places places, int priority, String name, int asTheNth) {
        Thread thread = Thread.ofVirtual().start(() -> {
            try (Places.Place place = places.take(priority, LONG)) {
                if (place != null) {
                    order.add(name);
                }
            }
        });
        await().until(() -> places.waiting() == asTheNth);
        return thread;
    }
}
