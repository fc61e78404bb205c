package dev.tempost.app.access;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts tokens that were refused, by the address they came from, so that whoever guesses is told to wait. A token that may be used
 * always is: somebody else behind the same proxy does not lock anybody out.
 */
public final class FailedLogins {

    static final int ALLOWED_A_MINUTE = 10;
    private static final int ADDRESSES = 10_000;
    private static final long MINUTE = 60_000;

    private record Minute(long began, int failures) {}

    private final Clock clock;
    private final Map<String, Minute> byAddress = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Minute> eldest) {
            return size() > ADDRESSES;
        }
    };

    FailedLogins(Clock clock) {
        this.clock = clock;
    }

    /** Counts one; returns after how many seconds the next is welcome, 0 for at once. */
    public synchronized long failed(String address) {
        long now = clock.millis();
        Minute minute = byAddress.get(address);
        minute = minute == null || now - minute.began >= MINUTE
                ? new Minute(now, 1)
                : new Minute(minute.began, minute.failures + 1);
        byAddress.put(address, minute);
        return minute.failures <= ALLOWED_A_MINUTE ? 0 : 1 + (MINUTE - (now - minute.began)) / 1000;
    }
}
