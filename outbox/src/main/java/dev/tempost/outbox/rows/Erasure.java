package dev.tempost.outbox.rows;

import dev.tempost.outbox.database.Database;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Removes everything the outbox knows of a recipient, or of a tenant. */
public final class Erasure {

    /**
     * What one step did.
     *
     * @param removed rows that are gone, with their attempts and what the audit said about them
     * @param inFlight rows that are being delivered: cancelled before their next attempt, to be removed by another erasure
     * @param last the last row it looked at; null when it looked at the last one of all
     */
    public record Step(int removed, int inFlight, @Nullable Long last) {}

    private static final String ERASE = "SELECT removed, in_flight, last FROM tempost.erase(?, ?, ?, ?, ?)";
    private static final String LAST = "SELECT coalesce(max(id), 0) FROM tempost.outbox";

    private final Database database;

    public Erasure(DataSource dataSource) {
        this.database = new Database(dataSource);
    }

    /** The newest row's id; 0 when there is none. */
    public long newest() {
        return Objects.requireNonNull(database.queryOne("look at the newest row", LAST, row -> row.getLong(1)));
    }

    /**
     * Takes one step, a short transaction.
     *
     * @param recipient whose rows, whatever the case of its letters; null for everybody's
     * @param tenant whose rows; null for every tenant's; not null when {@code recipient} is
     * @param after the last row that was looked at
     * @param limit how many rows to look at
     * @param actor who asks for it, as the audit will say
     */
    public Step step(@Nullable String recipient, @Nullable String tenant, long after, int limit, String actor) {
        return Objects.requireNonNull(database.queryOne(
                "erase rows",
                ERASE,
                row -> new Step(row.getInt("removed"), row.getInt("in_flight"), row.getObject("last", Long.class)),
                recipient,
                tenant,
                after,
                limit,
                actor));
    }
}
