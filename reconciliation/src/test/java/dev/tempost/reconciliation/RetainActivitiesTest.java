package dev.tempost.reconciliation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.TestDatabase;
import dev.tempost.reconciliation.RetainActivitiesImpl.Ages;
import dev.tempost.workflows.RetainActivities;
import dev.tempost.workflows.RetainResult;
import io.temporal.testing.TestActivityEnvironment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class RetainActivitiesTest {

    private static final Duration MONTH = Duration.ofDays(30);
    private static final Duration LONG_ENOUGH = Duration.ofMinutes(1);

    @AutoClose
    private final TestDatabase database = TestDatabase.create();

    @AutoClose
    private final TestActivityEnvironment temporal = TestActivityEnvironment.newInstance();

    private final List<RowsRemoved> removals = new ArrayList<>();

    @Test
    void everyStatusLeavesAfterItsOwnTimeInBatches() {
        finished("delivered", 40, 1100);
        finished("delivered", 20, 10);
        finished("cancelled", 40, 10);

        RetainResult result =
                remove(Map.of(RowStatus.DELIVERED, MONTH, RowStatus.CANCELLED, Duration.ofDays(60)), LONG_ENOUGH);

        assertThat(result).isEqualTo(new RetainResult(Map.of("delivered", 1100L), Map.of(), false));
        assertThat(removals).extracting(RowsRemoved::rows).containsExactly(500L, 500L, 100L);
        assertThat(left("delivered")).isEqualTo(10);
        assertThat(left("cancelled")).isEqualTo(10);
    }

    @Test
    void zeroAndNothingSaidKeepForEver() {
        finished("failed", 4000, 5);
        finished("expired", 4000, 5);

        RetainResult result = remove(Map.of(RowStatus.FAILED, Duration.ZERO), LONG_ENOUGH);

        assertThat(result).isEqualTo(new RetainResult(Map.of(), Map.of(), false));
        assertThat(left("failed") + left("expired")).isEqualTo(10);
    }

    @Test
    void whenTimeRunsOutItStopsAndSaysThatThereIsMore() {
        finished("delivered", 40, 10);

        RetainResult result = remove(Map.of(RowStatus.DELIVERED, MONTH), Duration.ZERO);

        assertThat(result).isEqualTo(new RetainResult(Map.of(), Map.of(), true));
        assertThat(left("delivered")).isEqualTo(10);
    }

    @Test
    void contentLeavesBeforeItsRow() {
        finished("failed", 40, 600);
        finished("failed", 20, 10);

        RetainResult result = retain(new Ages(Map.of(), Map.of(RowStatus.FAILED, MONTH)), LONG_ENOUGH);

        assertThat(result).isEqualTo(new RetainResult(Map.of(), Map.of("failed", 600L), false));
        assertThat(removals).isEmpty();
        assertThat(left("failed")).isEqualTo(610);
        assertThat(database.number("SELECT count(*) FROM tempost.outbox WHERE scrubbed_at IS NOT NULL"))
                .isEqualTo(600);
    }

    private RetainResult remove(Map<RowStatus, Duration> ages, Duration limit) {
        return retain(new Ages(ages, Map.of()), limit);
    }

    private RetainResult retain(Ages ages, Duration limit) {
        temporal.registerActivitiesImplementations(
                new RetainActivitiesImpl(new Retention(database.dataSource()), ages, limit, removals::add));
        return temporal.newActivityStub(RetainActivities.class).removeFinished();
    }

    private void finished(String status, int daysAgo, int rows) {
        database.execute(
                "INSERT INTO tempost.outbox (event_type, status, finished_at)"
                        + " SELECT 'welcome', ?, now() - ? * interval '1 day' FROM generate_series(1, ?)",
                status,
                daysAgo,
                rows);
    }

    private long left(String status) {
        return database.number("SELECT count(*) FROM tempost.outbox WHERE status = ?", status);
    }
}
