package dev.tempost.outbox.rows;

import java.util.Locale;

/** The states of a row; {@code docs/state-machine.md} draws the transitions. */
public enum RowStatus {
    PENDING,
    DISPATCHED,
    DELIVERED,
    FAILED,
    CANCELLED,
    EXPIRED,
    SUPPRESSED,
    SUPERSEDED,
    DISMISSED;

    /** The name in the table. */
    public String column() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** From the name in the table. */
    public static RowStatus of(String column) {
        return valueOf(column.toUpperCase(Locale.ROOT));
    }
}
