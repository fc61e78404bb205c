package dev.tempost.starter;

import dev.tempost.loops.Next;
import dev.tempost.loops.RepeatingTask;
import dev.tempost.outbox.rows.Stage;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Looks in the table what became of flights: of those that other processes send, this process learns nothing else. */
final class Sightings implements RepeatingTask.Round {

    private final Function<long[], Map<Long, Stage>> table;
    private final Flights flights;
    private final Duration pause;
    private final LongSupplier nanoTime;

    /**
     * @param table how far rows have come
     * @param pause between two looks, while there are flights
     */
    Sightings(Function<long[], Map<Long, Stage>> table, Flights flights, Duration pause, LongSupplier nanoTime) {
        this.table = table;
        this.flights = flights;
        this.pause = pause;
        this.nanoTime = nanoTime;
    }

    @Override
    public Next run() throws InterruptedException {
        long lookedAt = nanoTime.getAsLong();
        long[] ids = flights.ids();
        if (ids.length > 0) {
            flights.seen(table.apply(ids), lookedAt);
        }
        flights.await();
        return Next.after(pause);
    }
}
