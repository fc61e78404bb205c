package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.DispatchedRow;
import dev.tempost.outbox.rows.Reconciliation;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class ReconciliationTest {

    private static final Duration AGE = Duration.ofMinutes(1);

    @AutoClose
    private final OutboxFixture outbox;

    private final Reconciliation reconciliation;

    ReconciliationTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        reconciliation = new Reconciliation(outbox.database.dataSource());
    }

    @Test
    void onlyRowsThatTheirWorkflowDrivesAreCompared() {
        long first = waiting("1 hour");
        outbox.pending();
        outbox.inFlight();
        outbox.row(
                "status, dispatched_at, lease_until",
                "'dispatched'",
                "clock_timestamp() - interval '1 hour'",
                "clock_timestamp() - interval '1 hour'");
        long young = waiting("1 second");
        long second = waiting("1 hour");
        outbox.row("status", "'delivered'");

        outbox.set(second, "next_attempt_at = clock_timestamp() + interval '1 hour'");

        assertThat(reconciliation.count(AGE)).isEqualTo(new Reconciliation.Count(2, 1));
        assertThat(ids(reconciliation.after(0, AGE, 10))).containsExactly(first, second);
        assertThat(ids(reconciliation.among(new long[] {first, young, 4711}))).containsExactlyInAnyOrder(first, young);
    }

    @Test
    void pagesGoOnWhereTheLastOneEnded() {
        long first = waiting("1 hour");
        long second = waiting("1 hour");
        long third = waiting("1 hour");

        assertThat(ids(reconciliation.after(0, AGE, 2))).containsExactly(first, second);
        assertThat(ids(reconciliation.after(second, AGE, 2))).containsExactly(third);
        assertThat(ids(reconciliation.after(third, AGE, 2))).isEmpty();
    }

    private long waiting(String since) {
        return outbox.row("status, dispatched_at", "'dispatched'", "clock_timestamp() - interval '" + since + "'");
    }

    private static List<Long> ids(List<DispatchedRow> rows) {
        return rows.stream().map(row -> row.row().id()).toList();
    }
}
