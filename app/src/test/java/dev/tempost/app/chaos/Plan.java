package dev.tempost.app.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run does.
 *
 * @param seed decides what each producer writes, whom each kill hits and which step each fault hits; the operating system
 *     decides how they meet
 * @param duration how long rows arrive and parts are killed; what is under way then is waited for
 * @param rowsPerSecond what the producers aim at
 * @param betweenKills from one kill to the next; null for none
 * @param faultRate the share of steps that fail at each boundary, from 0 to 1
 * @param replicas Tempost processes
 * @param patience how long everything may take to come to rest afterwards
 * @param settings what Tempost is configured with beside the addresses
 * @param takenUnsaid mails that the mail server takes at first and never says so
 * @param sabotage SQL that breaks the engine once its schema is there; empty to leave it whole
 */
record Plan(
        long seed,
        Duration duration,
        double rowsPerSecond,
        @Nullable Duration betweenKills,
        double faultRate,
        int replicas,
        Duration patience,
        Map<String, String> settings,
        int takenUnsaid,
        List<String> sabotage) {

    private static final Map<String, String> QUICK_RECOVERY = Map.of(
            "tempost.delivery.attempt-deadline", "5s",
            "tempost.delivery.initial-interval", "300ms",
            "tempost.delivery.max-interval", "5s",
            "tempost.starter.lease", "5s",
            "tempost.providers.default.timeout", "2s",
            "tempost.event-types.parked.on-ambiguous", "park",
            // all but the urgent ones, those of a shard and those that are tried again: more than half
            "tempost.event-types.welcome.lane", "bulk",
            "spring.datasource.hikari.maximum-pool-size", "10");

    /** Some 24,000 committed rows and 225 kills an hour; a quarter of what producers try fails or is rolled back. */
    static Plan ofLength(long seed, Duration duration) {
        return new Plan(
                seed,
                duration,
                9,
                Duration.ofSeconds(16),
                0.05,
                3,
                Duration.ofMinutes(10),
                QUICK_RECOVERY,
                0,
                List.of());
    }

    /** What fits into every build: some 13 kills in a little more than a minute. */
    static Plan small(long seed) {
        return new Plan(
                seed,
                Duration.ofSeconds(75),
                7,
                Duration.ofMillis(5_500),
                0.05,
                3,
                Duration.ofMinutes(5),
                QUICK_RECOVERY,
                0,
                List.of());
    }

    /** Faults but no kills, on an engine that was broken on purpose: it need not come to rest. */
    static Plan sabotaged(long seed, List<String> sabotage) {
        return new Plan(
                seed, Duration.ofSeconds(12), 20, null, 0.05, 1, Duration.ofSeconds(30), QUICK_RECOVERY, 20, sabotage);
    }
}
