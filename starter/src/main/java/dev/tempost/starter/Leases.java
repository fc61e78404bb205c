package dev.tempost.starter;

import dev.tempost.outbox.ClaimedRow;
import dev.tempost.outbox.Claims;
import dev.tempost.outbox.RowStatus;
import dev.tempost.outbox.Settlement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What becomes of a claimed row that is not on its way, as {@link Claims} writes it. */
interface Leases {

    void renew(ClaimedRow row, Duration lease);

    void leave(ClaimedRow row);

    void release(ClaimedRow row, Duration delay, String errorType, String error);

    @Nullable
    RowStatus settle(ClaimedRow row, Settlement settlement);

    static Leases of(Claims claims) {
        return new Leases() {
            @Override
            public void renew(ClaimedRow row, Duration lease) {
                claims.renew(row, lease);
            }

            @Override
            public void leave(ClaimedRow row) {
                claims.leave(row);
            }

            @Override
            public void release(ClaimedRow row, Duration delay, String errorType, String error) {
                claims.release(row, delay, errorType, error);
            }

            @Override
            public @Nullable RowStatus settle(ClaimedRow row, Settlement settlement) {
                return claims.settle(row, null, settlement);
            }
        };
    }
}
