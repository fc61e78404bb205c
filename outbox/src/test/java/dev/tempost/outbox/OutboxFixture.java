package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.TestDatabase;
import java.sql.Timestamp;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows in any state, and what became of them. */
final class OutboxFixture implements AutoCloseable {

    final TestDatabase database;

    OutboxFixture(PostgresVersion version) {
        this.database = TestDatabase.create(version);
    }

    /** A pending row of which nothing is said. */
    long pending() {
        return row("");
    }

    /** A row whose first attempt is about to begin. */
    long inFlight() {
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
    long row(String columns, String... values) {
        String names = columns.isEmpty() ? "" : ", " + columns;
        String expressions = values.length == 0 ? "" : ", " + String.join(", ", values);
        return database.number("INSERT INTO tempost.outbox (event_type" + names + ") VALUES ('welcome'" + expressions
                + ") RETURNING id");
    }

    void set(long id, String assignments) {
        assertThat(database.execute("UPDATE tempost.outbox SET " + assignments + " WHERE id = ?", id))
                .isEqualTo(1);
    }

    void pastDeadline(long id, int attempt) {
        assertThat(database.execute(
                        "UPDATE tempost.attempt SET deadline = clock_timestamp() - interval '1 second'"
                                + " WHERE outbox_id = ? AND attempt = ?",
                        id,
                        attempt))
                .isEqualTo(1);
    }

    UUID key(long id) {
        return (UUID) Objects.requireNonNull(database.value("SELECT key FROM tempost.outbox WHERE id = ?", id));
    }

    RowStatus status(long id) {
        return RowStatus.of(Objects.requireNonNull(column(id, "status")));
    }

    @Nullable
    String column(long id, String expression) {
        return database.text("SELECT " + expression + " FROM tempost.outbox WHERE id = ?", id);
    }

    @Nullable
    String attempt(long id, int attempt, String expression) {
        return database.text(
                "SELECT " + expression + " FROM tempost.attempt WHERE outbox_id = ? AND attempt = ?", id, attempt);
    }

    void assertThatRow(long id, String condition) {
        assertThat(column(id, condition))
                .as("%s of row %s", condition, database.text("SELECT o FROM tempost.outbox o WHERE id = ?", id))
                .isEqualTo("true");
    }

    void assertThatAttempt(long id, int attempt, String condition) {
        assertThat(attempt(id, attempt, condition))
                .as(
                        "%s of attempt %s",
                        condition,
                        database.text(
                                "SELECT a FROM tempost.attempt a WHERE outbox_id = ? AND attempt = ?", id, attempt))
                .isEqualTo("true");
    }

    ClaimedRow claimed(long id) {
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
                lease == null ? null : lease.toInstant());
    }

    @Override
    public void close() {
        database.close();
    }
}
