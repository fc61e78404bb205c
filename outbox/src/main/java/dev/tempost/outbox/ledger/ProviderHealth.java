package dev.tempost.outbox.ledger;

import dev.tempost.outbox.database.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/** Which providers are down, as every replica sees it. */
public final class ProviderHealth {

    /**
     * A provider that is down.
     *
     * @param provider its name
     * @param since since when
     * @param probeAt when it is probed next
     * @param probes how many probes have failed since it went down
     * @param hold whether it only asked to be left alone until then, so that there is nothing to probe
     * @param errorType why, a failure type
     * @param error why, in the provider's words
     */
    public record Down(
            String provider,
            Instant since,
            Instant probeAt,
            int probes,
            boolean hold,
            String errorType,
            String error) {}

    private static final String TAKE_DOWN = """
        INSERT INTO tempost.provider AS p (name, down_since, probe_at, hold, error_type, error)
        VALUES (?, clock_timestamp(), clock_timestamp() + ? * interval '1 millisecond', ?, ?, ?)
        ON CONFLICT (name) DO UPDATE
        SET down_since = excluded.down_since, probe_at = excluded.probe_at, probes = 0, hold = excluded.hold,
            error_type = excluded.error_type, error = excluded.error
        WHERE p.down_since IS NULL
        """;

    private static final String DOWN = """
        SELECT name, down_since, probe_at, probes, hold, error_type, error
        FROM tempost.provider WHERE down_since IS NOT NULL ORDER BY name
        """;

    private static final String TAKE_PROBE = """
        UPDATE tempost.provider SET probe_at = clock_timestamp() + ? * interval '1 millisecond'
        WHERE name = ? AND down_since IS NOT NULL AND NOT hold AND probe_at <= clock_timestamp()
        """;

    private static final String PROBE_FAILED = """
        UPDATE tempost.provider
        SET probe_at = clock_timestamp() + ? * interval '1 millisecond', probes = probes + 1, error_type = ?, error = ?
        WHERE name = ? AND down_since IS NOT NULL AND NOT hold
        """;

    // not one that somebody held while it was being probed
    private static final String BRING_UP = """
        UPDATE tempost.provider SET down_since = NULL, probe_at = NULL
        WHERE name = ? AND down_since IS NOT NULL AND NOT hold
        """;

    private static final String RELEASE = """
        UPDATE tempost.provider SET down_since = NULL, probe_at = NULL, hold = false
        WHERE name = ? AND hold AND probe_at <= clock_timestamp()
        """;

    private final Database database;

    public ProviderHealth(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Stops sending through a provider, until a probe brings it up again; false when it was down already. */
    public boolean takeDown(String provider, String errorType, String error, Duration untilProbe) {
        return stop(provider, errorType, error, untilProbe, false);
    }

    /** Stops sending through a provider for as long as it asks for; false when it was down already. */
    public boolean hold(String provider, String errorType, String error, Duration asked) {
        return stop(provider, errorType, error, asked, true);
    }

    private boolean stop(String provider, String errorType, String error, Duration wait, boolean hold) {
        return database.update(
                        "take provider " + provider + " down",
                        TAKE_DOWN,
                        provider,
                        wait.toMillis(),
                        hold,
                        errorType,
                        error)
                == 1;
    }

    /** Sends through a provider again whose hold is over; false when it is not, or another replica was first. */
    public boolean release(String provider) {
        return database.update("release provider " + provider, RELEASE, provider) == 1;
    }

    /** What is down now. */
    public List<Down> down() {
        return database.query(
                "look which providers are down",
                DOWN,
                row -> new Down(
                        row.getString("name"),
                        Objects.requireNonNull(Database.instant(row, "down_since")),
                        Objects.requireNonNull(Database.instant(row, "probe_at")),
                        row.getInt("probes"),
                        row.getBoolean("hold"),
                        row.getString("error_type"),
                        row.getString("error")));
    }

    /**
     * Asks to be the one that probes a provider.
     *
     * @param patience how long nobody else may
     * @return false when no probe is due, or another replica makes it
     */
    public boolean takeProbe(String provider, Duration patience) {
        return database.update("take the probe of " + provider, TAKE_PROBE, patience.toMillis(), provider) == 1;
    }

    /** Leaves a provider down. */
    public void probeFailed(String provider, String errorType, String error, Duration untilProbe) {
        database.update(
                "record the probe of " + provider, PROBE_FAILED, untilProbe.toMillis(), errorType, error, provider);
    }

    /** Sends through a provider again. */
    public void bringUp(String provider) {
        database.update("bring provider " + provider + " up", BRING_UP, provider);
    }

    /** Has a provider that is down probed at once, or ends its hold; false when it is not down. */
    public boolean hurry(String provider, String actor) {
        return Boolean.TRUE.equals(database.queryOne(
                "hurry provider " + provider, "SELECT tempost.hurry(?, ?)", row -> row.getBoolean(1), provider, actor));
    }

    /** Sends nothing through a provider until then, because somebody says so. */
    public void hold(String provider, OffsetDateTime until, String reason, String actor) {
        database.query(
                "hold provider " + provider,
                "SELECT tempost.hold(?, ?, ?, ?)",
                row -> row.getBoolean(1),
                provider,
                until,
                reason,
                actor);
    }
}
