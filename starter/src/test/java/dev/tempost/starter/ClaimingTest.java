package dev.tempost.starter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ClaimingTest {

    private record Asked(int limit, Set<String> eventTypes, boolean urgentOnly) {}

    private final AtomicLong clock = new AtomicLong();
    private final Waker waker = new Waker();
    private final List<Asked> asked = new ArrayList<>();
    private final Deque<List<ClaimedRow>> table = new ArrayDeque<>();
    private final Routing routing = Given.routing(Map.of("mail", 8, "other", 8));
    private final Flights flights = Given.flights(3, routing, waker::ring, clock::get);
    private Set<String> down = Set.of();
    private final Deliverable deliverable = new Deliverable(routing, () -> down);
    private final TemporalAway temporalAway = new TemporalAway(() -> true, pause -> {});
    private final Claiming claiming = new Claiming(
            new Source(),
            rows -> rows.forEach(flights::add),
            flights,
            deliverable,
            temporalAway,
            waker,
            () -> false,
            clock::get);

    private final class Source implements Claiming.Source {

        @Override
        public Claims.Claimed claim(int limit, EventTypes eventTypes) {
            return claimed(limit, eventTypes, false);
        }

        @Override
        public Claims.Claimed claimUrgent(int limit, EventTypes eventTypes) {
            return claimed(limit, eventTypes, true);
        }

        @Override
        public Claims.Claimed claimBatches(int limit, int singles, EventTypes eventTypes) {
            return Claims.NOTHING;
        }
    }

    @Test
    void itClaimsWhatThereIsRoomForAndHasItStarted() throws InterruptedException {
        table.add(List.of(Given.row(1), Given.row(2)));

        claiming.run();

        assertThat(asked).containsExactly(new Asked(3, Set.of("mail", "other"), false));
        assertThat(flights.ids()).containsExactly(1, 2);
    }

    @Test
    void whatAFullOrAnUnreachableProviderTakesIsLeftOut() throws InterruptedException {
        fill("mail");
        claiming.run();
        assertThat(asked).first().isEqualTo(new Asked(3, Set.of("other"), false));

        down = Set.of("other");
        deliverable.look();
        asked.clear();
        claiming.run();

        assertThat(asked).as("nothing is left to claim").isEmpty();
    }

    @Test
    void urgentRowsAreLookedForSoonAfterRowsCameWhenThereIsNoRoom() throws InterruptedException {
        LongStream.rangeClosed(1, 3).forEach(id -> flights.add(Given.row(id)));
        table.add(List.of(Given.urgent(4)));
        claiming.rowsCame();
        clock.addAndGet(Duration.ofMillis(20).toNanos());

        claiming.run();

        assertThat(asked).containsExactly(new Asked(1, Set.of("mail", "other"), true));
        assertThat(flights.ids()).containsExactly(1, 2, 3, 4);
    }

    @Test
    void urgentRowsAreLookedForNowAndThenWithoutARing() throws InterruptedException {
        LongStream.rangeClosed(1, 3).forEach(id -> flights.add(Given.row(id)));
        waker.ring();
        claiming.run();
        assertThat(asked).isEmpty();

        clock.addAndGet(Duration.ofMillis(250).toNanos());
        waker.ring();
        claiming.run();

        assertThat(asked)
                .singleElement()
                .satisfies(look -> assertThat(look.urgentOnly()).isTrue());
    }

    @Test
    void urgentRowsOfAFullProviderAreLookedForAlthoughOthersAreClaimed() throws InterruptedException {
        fill("mail");
        clock.addAndGet(Duration.ofMillis(250).toNanos());
        table.add(List.of(Given.row(50, "other", Given.BULK)));

        claiming.run();

        assertThat(asked)
                .containsExactly(new Asked(3, Set.of("other"), false), new Asked(3, Set.of("mail", "other"), true));
    }

    @Test
    void nothingIsClaimedBeforeTemporalAnswers() throws InterruptedException {
        temporalAway.failed(new IllegalStateException("gone"));
        waker.ring();

        claiming.run();

        assertThat(temporalAway.now()).isFalse();
    }

    private Claims.Claimed claimed(int limit, EventTypes eventTypes, boolean urgentOnly) {
        assertThat(temporalAway.now()).as("Temporal is away").isFalse();
        asked.add(new Asked(limit, eventTypes.names(), urgentOnly));
        List<ClaimedRow> rows = table.poll();
        if (rows == null) {
            // so that the round does not wait
            waker.ring();
            return new Claims.Claimed(List.of(), false, false);
        }
        return new Claims.Claimed(rows, false, false);
    }

    /** As many rows of a provider as it may have, all of them being sent. */
    private void fill(String provider) {
        LongStream.rangeClosed(10, 20).forEach(id -> {
            flights.add(Given.row(id, provider, Given.BULK));
            flights.onBegun(id);
        });
        waker.ring();
    }
}
