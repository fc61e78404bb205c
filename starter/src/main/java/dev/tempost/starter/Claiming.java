package dev.tempost.starter;

import dev.tempost.loops.Backoff;
import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.rows.ClaimedRow;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Claims what there is room for, has it started, and waits until there is more to do. */
final class Claiming implements RepeatingTask.Round {

    /** Where rows are claimed. */
    interface Source {
        Claims.Claimed claim(int limit, EventTypes eventTypes);

        /** Only urgent ones. */
        Claims.Claimed claimUrgent(int limit, EventTypes eventTypes);

        /**
         * Those of event types that travel in batches.
         *
         * @param singles how many of them may get a workflow of their own
         */
        Claims.Claimed claimBatches(int limit, int singles, EventTypes eventTypes);
    }

    // without notifications: a table that is idle is polled ever more seldom
    private static final Backoff BETWEEN_POLLS = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1));
    // claims in vain that follow each other soon because there are lanes they did not come to; enough for a thousand,
    // and then a
    // pause, since as many may have to wait for long
    private static final int SOON = 6;
    private static final Duration BETWEEN_URGENT_LOOKS = Duration.ofMillis(20);
    private static final Duration WITHOUT_A_RING = Duration.ofMillis(250);

    private final Source source;
    private final Consumer<List<ClaimedRow>> starts;
    private final Flights flights;
    private final Deliverable deliverable;
    private final TemporalAway temporalAway;
    private final Waker waker;
    private final BooleanSupplier notified;
    private final LongSupplier nanoTime;
    private volatile boolean rowsCame;
    private int pollsInVain;
    private boolean unseen;
    private int unseenInVain;
    private long urgentLookAt;

    /**
     * @param starts takes what was claimed; must be quick
     * @param notified whether {@link #rowsCame} can be relied on
     */
    Claiming(
            Source source,
            Consumer<List<ClaimedRow>> starts,
            Flights flights,
            Deliverable deliverable,
            TemporalAway temporalAway,
            Waker waker,
            BooleanSupplier notified,
            LongSupplier nanoTime) {
        this.source = source;
        this.starts = starts;
        this.flights = flights;
        this.deliverable = deliverable;
        this.temporalAway = temporalAway;
        this.waker = waker;
        this.notified = notified;
        this.nanoTime = nanoTime;
        this.urgentLookAt = nanoTime.getAsLong();
    }

    /** New rows are there. */
    void rowsCame() {
        rowsCame = true;
        waker.ring();
    }

    @Override
    public Next run() throws InterruptedException {
        temporalAway.await();
        boolean limited = flights.room().limited();
        boolean more = false;
        unseen = false;
        for (Room room : flights.rooms()) {
            more |= claim(room, eventTypes -> source.claim(room.rows(), eventTypes));
        }
        for (Room room : flights.roomsForBatches()) {
            int singles = flights.room().rows();
            more |= claim(room, eventTypes -> source.claimBatches(room.rows(), singles, eventTypes));
        }
        unseenInVain = unseen ? unseenInVain + 1 : 0;
        if (limited && untilUrgentLook().compareTo(Duration.ZERO) <= 0) {
            rowsCame = false;
            urgentLookAt = nanoTime.getAsLong();
            Room room = flights.roomForUrgent();
            if (claim(room, eventTypes -> source.claimUrgent(room.rows(), eventTypes))) {
                rowsCame = true;
            }
        }
        if (more || waker.await(patience(limited))) {
            pollsInVain = 0;
        }
        return Next.AT_ONCE;
    }

    /** Returns whether the next claim may bring more. */
    private boolean claim(Room room, Function<EventTypes, Claims.Claimed> claim) {
        EventTypes eventTypes = deliverable.beside(room.full());
        if (room.rows() == 0 || eventTypes.none()) {
            return false;
        }
        Claims.Claimed claimed = claim.apply(eventTypes);
        starts.accept(claimed.rows());
        unseen |= claimed.unseen() && claimed.rows().isEmpty();
        return claimed.more() || !claimed.rows().isEmpty();
    }

    private Duration patience(boolean limited) {
        Duration patience = notified.getAsBoolean() ? BETWEEN_POLLS.longest() : BETWEEN_POLLS.after(pollsInVain++);
        if (unseenInVain % SOON != 0) {
            patience = BETWEEN_POLLS.shortest();
        }
        Duration untilLook = untilUrgentLook();
        return limited && untilLook.compareTo(patience) < 0 ? untilLook : patience;
    }

    /** While not everything may be claimed, urgent rows are looked for: soon after rows came, and now and then without a ring. */
    private Duration untilUrgentLook() {
        Duration pause = rowsCame ? BETWEEN_URGENT_LOOKS : WITHOUT_A_RING;
        return pause.minusNanos(nanoTime.getAsLong() - urgentLookAt);
    }
}
