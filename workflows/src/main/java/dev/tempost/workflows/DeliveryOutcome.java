package dev.tempost.workflows;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a row is once its workflow has done its part: a status of the row, or why there is none. In JSON in lower case. */
public enum DeliveryOutcome {
    DELIVERED,
    FAILED,
    CANCELLED,
    EXPIRED,
    SUPPRESSED,
    SUPERSEDED,
    DISMISSED,
    /** It went back to the poller. */
    PENDING,
    /** It was claimed anew. */
    DISPATCHED,
    /** An earlier run failed the row, and this one was reset to try anew. */
    SEND_AGAIN,
    /** There is no row with this id and key. */
    MISSING;

    /** The name in the table, in JSON and in metrics. */
    @JsonValue
    public String column() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** From that name, which every status of a row has here as well. */
    public static DeliveryOutcome of(String column) {
        return valueOf(column.toUpperCase(Locale.ROOT));
    }
}
