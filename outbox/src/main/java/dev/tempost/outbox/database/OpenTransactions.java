package dev.tempost.outbox.database;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/**
 * Transactions that have been open for long. What leaves the outbox while one is open stays in the claim's index until it ends, and
 * every claim steps over it.
 */
public final class OpenTransactions {

    // roles without pg_read_all_stats see their own only
    private static final String OLDER = """
        SELECT pid, coalesce(nullif(application_name, ''), usename, 'unknown') AS application,
               extract(epoch FROM clock_timestamp() - xact_start) * 1000 AS millis
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
          AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
          AND xact_start <= clock_timestamp() - ? * interval '1 millisecond'
        ORDER BY xact_start
        LIMIT 10
        """;

    /**
     * One of them.
     *
     * @param pid its server process
     * @param application the {@code application_name} it gave, or else its role
     * @param age how long it has been open
     */
    public record OpenTransaction(int pid, String application, Duration age) {}

    private final Database database;

    public OpenTransactions(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Those that have been open for at least so long, the oldest ten. */
    public List<OpenTransaction> openFor(Duration age) {
        return database.query(
                "look for open transactions",
                OLDER,
                row -> new OpenTransaction(
                        row.getInt("pid"), row.getString("application"), Duration.ofMillis(row.getLong("millis"))),
                age.toMillis());
    }
}
