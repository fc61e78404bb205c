package dev.tempost.starter;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.DispatchedRows;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Settlement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What becomes of a claimed row that is not on its way, as {@link DispatchedRows} writes it. */
interface Leases {

    void renew(ClaimedRow row, Duration lease);

    void leave(ClaimedRow row);

    void release(ClaimedRow row, Duration delay, String errorType, String error);

    @Nullable
    RowStatus settle(ClaimedRow row, Settlement settlement);

    static Leases of(DispatchedRows rows) {
        return new Leases() {
            @Override
            public void renew(ClaimedRow row, Duration lease) {
                rows.renew(row, lease);
            }

            @Override
            public void leave(ClaimedRow row) {
                rows.leave(row);
            }

            @Override
            public void release(ClaimedRow row, Duration delay, String errorType, String error) {
                rows.release(row, delay, errorType, error);
            }

            @Override
            public @Nullable RowStatus settle(ClaimedRow row, Settlement settlement) {
                return rows.settle(row, null, settlement);
            }
        };
    }
}
