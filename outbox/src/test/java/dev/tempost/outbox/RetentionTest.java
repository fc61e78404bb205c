package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class RetentionTest {

    private static final Duration AGE = Duration.ofDays(30);
    private static final String OLD = "clock_timestamp() - interval '31 days'";
    private static final String YOUNG = "clock_timestamp() - interval '29 days'";

    @AutoClose
    private final OutboxFixture outbox;

    private final Retention retention;

    RetentionTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        retention = new Retention(outbox.database.dataSource());
    }

    @Test
    void oldRowsOfThatStatusLeaveWithTheirAttempts() {
        long old = finished("delivered", OLD);
        long young = finished("delivered", YOUNG);
        long other = finished("failed", OLD);
        for (long id : new long[] {old, young, other}) {
            outbox.database.execute(
                    "INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline) VALUES"
                            + " (?, 1, 'r1', 'smtp', now())",
                    id);
        }

        assertThat(retention.remove(RowStatus.DELIVERED, AGE, 10)).isEqualTo(1);

        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE id = ?", old))
                .isZero();
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.attempt"))
                .isEqualTo(2);
        assertThat(outbox.status(young)).isEqualTo(RowStatus.DELIVERED);
        assertThat(outbox.status(other)).isEqualTo(RowStatus.FAILED);
    }

    @Test
    void aBatchIsNoLargerThanAskedForAndTheOldestGoFirst() {
        long younger = finished("delivered", OLD);
        long oldest = finished("delivered", "clock_timestamp() - interval '1 year'");

        assertThat(retention.remove(RowStatus.DELIVERED, AGE, 1)).isEqualTo(1);

        assertThat(outbox.database.number("SELECT id FROM tempost.outbox")).isEqualTo(younger);
        assertThat(retention.remove(RowStatus.DELIVERED, AGE, 1)).isEqualTo(1);
        assertThat(retention.remove(RowStatus.DELIVERED, AGE, 1)).isZero();
        assertThat(oldest).isGreaterThan(younger);
    }

    @Test
    void openRowsNeverLeave() {
        for (RowStatus open : new RowStatus[] {RowStatus.PENDING, RowStatus.DISPATCHED}) {
            // not even one that says it was finished
            outbox.row("status, finished_at", "'" + open.column() + "'", OLD);
            assertThatThrownBy(() -> retention.remove(open, AGE, 10))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("never removed");
        }
        for (RowStatus status : RowStatus.values()) {
            if (status != RowStatus.PENDING && status != RowStatus.DISPATCHED) {
                assertThat(retention.remove(status, Duration.ZERO, 10)).isZero();
            }
        }
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                .isEqualTo(2);
    }

    @Test
    void aProducerWithAnOpenTransactionIsNotBlockedAndDoesNotBlock() throws SQLException {
        finished("delivered", OLD);
        try (Connection producer = outbox.database.connect();
                Statement statement = producer.createStatement()) {
            producer.setAutoCommit(false);
            statement.execute("SET LOCAL lock_timeout = '2s'");
            statement.execute("INSERT INTO tempost.outbox (event_type, dedup_key) VALUES ('welcome', 'one')");

            assertThat(retention.remove(RowStatus.DELIVERED, AGE, 10)).isEqualTo(1);

            finished("delivered", OLD);
            try (Connection removing = outbox.database.connect();
                    Statement removal = removing.createStatement()) {
                removing.setAutoCommit(false);
                removal.execute("DELETE FROM tempost.outbox WHERE status = 'delivered'");
                statement.execute("INSERT INTO tempost.outbox (event_type, dedup_key) VALUES ('welcome', 'two')");
                producer.commit();
                removing.commit();
            }
        }
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status = 'pending'"))
                .isEqualTo(2);
    }

    @Test
    void aRowThatSomebodyHoldsIsLeftForAnotherTime() throws SQLException {
        long held = finished("delivered", OLD);
        finished("delivered", OLD);
        try (Connection other = outbox.database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.outbox WHERE id = " + held + " FOR NO KEY UPDATE");
            assertThat(retention.remove(RowStatus.DELIVERED, AGE, 10)).isEqualTo(1);
            other.rollback();
        }
        assertThat(retention.remove(RowStatus.DELIVERED, AGE, 10)).isEqualTo(1);
    }

    private long finished(String status, String at) {
        return outbox.row("status, finished_at", "'" + status + "'", at);
    }
}
