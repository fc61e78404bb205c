package dev.tempost.outbox.database;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import javax.sql.DataSource;

/** The clock that decides what is due, leased, expired and dead. */
public final class DatabaseClock {

    private static final String NOW = "SELECT clock_timestamp() AS now";

    private final Database database;

    public DatabaseClock(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** How far it is ahead of another clock, give or take half the round trip; negative when it is behind. */
    public Duration aheadOf(Clock clock) {
        Instant before = clock.instant();
        Instant there = Objects.requireNonNull(database.queryOne(
                "read the clock", NOW, row -> row.getTimestamp("now").toInstant()));
        Instant after = clock.instant();
        return Duration.between(before.plus(Duration.between(before, after).dividedBy(2)), there);
    }
}
