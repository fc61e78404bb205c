package dev.tempost.app.engine;

import dev.tempost.app.config.TempostProperties.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.reconciliation.RetainActivitiesImpl.Ages;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;

/** How long rows of each status are kept, as it is configured. */
final class RetentionAges {

    private static final EnumSet<RowStatus> OPEN = EnumSet.of(RowStatus.PENDING, RowStatus.DISPATCHED);

    private RetentionAges() {}

    /** Rows that are not finished are not there: nothing ever removes them. */
    static Ages of(Retention retention) {
        Map<RowStatus, Duration> ages = new EnumMap<>(RowStatus.class);
        for (RowStatus finished : EnumSet.complementOf(OPEN)) {
            ages.put(finished, finished == RowStatus.FAILED ? retention.failed() : retention.after());
        }
        return new Ages(ages, retention.scrub());
    }
}
