package dev.tempost.outbox.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.RowStatus;
import java.sql.Timestamp;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows in any state, and what became of them. */
public final class OutboxFixture implements AutoCloseable {

    public final TestDatabase database;

    public OutboxFixture(PostgresVersion version) {
        this.database = TestDatabase.create(version);
    }

    /** A pending row of which nothing is said. */
    public long pending() {
        return row("");
    }

    /** A row whose first attempt is about to begin. */
    public long inFlight() {
        return row(
                "status, dispatched_at, lease_until",
                "'dispatched'",
                "clock_timestamp()",
                "clock_timestamp() + interval '1 minute'");
    }

    /**
     * A row.
     *
     * @param columns their names, separated by commas
     * @param values an SQL expression each
     */
    public long row(String columns, String... values) {
        String names = columns.isEmpty() ? "" : ", " + columns;
        String expressions = values.length == 0 ? "" : ", " + String.join(", ", values);
        return database.number("INSERT INTO tempost.outbox (event_type" + names + ") VALUES ('welcome'" + expressions
                + ") RETURNING id");
    }

    public void set(long id, String assignments) {
        assertThat(database.execute("UPDATE tempost.outbox SET " + assignments + " WHERE id = ?", id))
                .isEqualTo(1);
    }

    public void pastDeadline(long id, int attempt) {
        assertThat(database.execute(
                        "UPDATE tempost.attempt SET deadline = clock_timestamp() - interval '1 second'"
                                + " WHERE outbox_id = ? AND attempt = ?",
                        id,
                        attempt))
                .isEqualTo(1);
    }

    public UUID key(long id) {
        return (UUID) Objects.requireNonNull(database.value("SELECT key FROM tempost.outbox WHERE id = ?", id));
    }

    public RowStatus status(long id) {
        return RowStatus.of(Objects.requireNonNull(column(id, "status")));
    }

    @Nullable
    public String column(long id, String expression) {
        return database.text("SELECT " + expression + " FROM tempost.outbox WHERE id = ?", id);
    }

    @Nullable
    public String attempt(long id, int attempt, String expression) {
        return database.text(
                "SELECT " + expression + " FROM tempost.attempt WHERE outbox_id = ? AND attempt = ?", id, attempt);
    }

    public void assertThatRow(long id, String condition) {
        assertThat(column(id, condition))
                .as("%s of row %s", condition, database.text("SELECT o FROM tempost.outbox o WHERE id = ?", id))
                .isEqualTo("true");
    }

    public void assertThatAttempt(long id, int attempt, String condition) {
        assertThat(attempt(id, attempt, condition))
                .as(
                        "%s of attempt %s",
                        condition,
                        database.text(
                                "SELECT a FROM tempost.attempt a WHERE outbox_id = ? AND attempt = ?", id, attempt))
                .isEqualTo("true");
    }

    public ClaimedRow claimed(long id) {
        Timestamp lease = (Timestamp) database.value("SELECT lease_until FROM tempost.outbox WHERE id = ?", id);
        return new ClaimedRow(
                id,
                key(id),
                Objects.requireNonNull(column(id, "tenant")),
                "welcome",
                3,
                null,
                null,
                column(id, "run_id"),
                lease == null ? null : lease.toInstant(),
                null);
    }

    @Override
    public void close() {
        database.close();
    }
}
