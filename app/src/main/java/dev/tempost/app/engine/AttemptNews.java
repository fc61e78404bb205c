package dev.tempost.app.engine;

import dev.tempost.activities.SendEvent;
import dev.tempost.activities.SendListener;
import dev.tempost.starter.Flights;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what attempts come to: to the metrics, and back to the starter of the same process, for which a send that begins or
 * ends makes room for the next row.
 */
final class AttemptNews implements SendListener {

    private final Metrics metrics;
    private final @Nullable Flights flights;

    /** @param flights null where no starter runs in this process: the one that claimed the row looks in the table */
    AttemptNews(Metrics metrics, @Nullable Flights flights) {
        this.metrics = metrics;
        this.flights = flights;
    }

    @Override
    public void onBegun(long id) {
        if (flights != null) {
            flights.onBegun(id);
        }
    }

    @Override
    public void onEnded(long id) {
        if (flights != null) {
            flights.onEnded(id);
        }
    }

    @Override
    public void onOutcome(SendEvent event) {
        metrics.count(event);
    }
}
