package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/**
 * The rows that only their workflows drive, to be compared with what Temporal runs. A row with a lease is not among them,
 * not even when it ran out: the poller asks for those.
 */
public final class Reconciliation {

    private static final String COLUMNS = """
        SELECT id, key, tenant, event_type, priority, job_id, expires_at, workflow_id, run_id, lease_until,
               coalesce(dispatched_at, created_at) AS since
        FROM tempost.outbox
        WHERE status = 'dispatched' AND lease_until IS NULL
        """;

    // primary key
    static final String AMONG = COLUMNS + "AND id = ANY (?)";

    /**
     * How many rows only their workflows drive.
     *
     * @param waiting all of them that have been dispatched for long enough
     * @param wedged those that should have been tried again ten minutes ago, and that nobody tries
     */
    public record Count(long waiting, long wedged) {}

    // index outbox_open
    static final String COUNT = """
        SELECT count(*) AS waiting, count(*) FILTER (WHERE is_wedged) AS wedged
        FROM tempost.open_row
        WHERE status = 'dispatched' AND lease_until IS NULL
          AND coalesce(dispatched_at, due_at) < clock_timestamp() - ? * interval '1 millisecond'
        """;

    // index outbox_open and a sort, rather than an index of its own that every claim and every outcome would have to
    // keep; materialized, or the page would be looked for along the primary key, past every finished row
    static final String AFTER = """
        WITH waiting AS MATERIALIZED (
        %s  AND coalesce(dispatched_at, created_at) < clock_timestamp() - ? * interval '1 millisecond'
        )
        SELECT * FROM waiting WHERE id > ? ORDER BY id LIMIT ?
        """.formatted(COLUMNS);

    private final Database database;

    public Reconciliation(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** Those of these rows that only their workflow drives. */
    public List<DispatchedRow> among(long[] ids) {
        return database.query("look for dispatched rows", AMONG, Reconciliation::row, (Object) ids);
    }

    /** Counts the rows that have been dispatched for at least so long. */
    public Count count(Duration age) {
        return Objects.requireNonNull(database.queryOne(
                "count dispatched rows",
                COUNT,
                row -> new Count(row.getLong("waiting"), row.getLong("wedged")),
                age.toMillis()));
    }

    /** One page of these rows, by id. */
    public List<DispatchedRow> after(long id, Duration age, int limit) {
        return database.query("read dispatched rows", AFTER, Reconciliation::row, age.toMillis(), id, limit);
    }

    private static DispatchedRow row(ResultSet row) throws SQLException {
        return new DispatchedRow(ClaimedRow.of(row), row.getTimestamp("since").toInstant());
    }
}
