package dev.tempost.outbox.ledger;

import java.util.Locale;

/** How an attempt ended that did not deliver. */
public enum RefusedPhase {
    REJECTED,
    TRANSIENT,
    AMBIGUOUS;

    String column() {
        return name().toLowerCase(Locale.ROOT);
    }
}
