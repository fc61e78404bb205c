package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Outcome;
import java.time.Duration;
import java.time.Instant;
import org.apache.hc.client5.http.utils.DateUtils;
import org.jspecify.annotations.Nullable;

/** The header by which a receiver says when to come again. */
final class RetryAfter {

    private static final int TOO_LONG_TO_COUNT = 9;

    private RetryAfter() {}

    /**
     * The delay that it asks for, an hour at most.
     *
     * @param value seconds, or a date as HTTP writes it; null where the header is missing
     * @return null where it asks for none, or in a way that nobody understands
     */
    static @Nullable Duration in(@Nullable String value, Instant now) {
        String asked = value == null ? "" : value.strip();
        if (!asked.isEmpty() && asked.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return asked.length() > TOO_LONG_TO_COUNT
                    ? Outcome.LONGEST_RETRY_AFTER
                    : clamped(Duration.ofSeconds(Long.parseLong(asked)));
        }
        Instant at = asked.isEmpty() ? null : DateUtils.parseStandardDate(asked);
        return at == null ? null : clamped(Duration.between(now, at));
    }

    private static @Nullable Duration clamped(Duration asked) {
        if (!asked.isPositive()) {
            return null;
        }
        return asked.compareTo(Outcome.LONGEST_RETRY_AFTER) < 0 ? asked : Outcome.LONGEST_RETRY_AFTER;
    }
}
