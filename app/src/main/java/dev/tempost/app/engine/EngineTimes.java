package dev.tempost.app.engine;

import dev.tempost.activities.BreakerSettings;
import java.time.Duration;

/**
 * How often the engine looks at what it works with. Nobody has to choose these; a context that has a bean of its own
 * lives by that.
 *
 * @param betweenLooks the pause between two looks at PostgreSQL and Temporal
 * @param betweenGreetings the pause between two looks at providers, which are somebody else's: sends tell sooner
 * @param betweenCounts the shortest pause between two counts of the backlog, which one replica makes for all. Counting takes at
 *     most 0.2 % of the time: 100,000 open rows are counted about once a minute. The longest pause is five minutes
 * @param breaker when a provider counts as down, and when it is probed
 */
public record EngineTimes(
        Duration betweenLooks, Duration betweenGreetings, Duration betweenCounts, BreakerSettings breaker) {

    /** What everybody but a test lives by. */
    public static final EngineTimes DEFAULTS = new EngineTimes(
            Duration.ofSeconds(5), Duration.ofMinutes(1), Duration.ofSeconds(10), BreakerSettings.DEFAULTS);

    Duration betweenLooks(Dependency part) {
        return part.vital() ? betweenLooks : betweenGreetings;
    }
}
