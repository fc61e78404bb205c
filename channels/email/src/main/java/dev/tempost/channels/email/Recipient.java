package dev.tempost.channels.email;

import dev.tempost.activities.channel.UnsendableRow;
import dev.tempost.workflows.FailureType;
import org.jspecify.annotations.Nullable;

/** A row's column {@code recipient}. */
final class Recipient {

    private static final int MAX_COLUMN = 500;

    private Recipient() {}

    static Mailbox of(@Nullable String column) {
        if (column == null || column.isBlank()) {
            throw invalid("is empty");
        }
        if (column.length() > MAX_COLUMN) {
            throw invalid("is longer than an address and a name may be");
        }
        try {
            return Mailbox.of(column);
        } catch (NotAMailbox e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    // never the address itself: the message reaches Temporal and the logs
    private static UnsendableRow invalid(String what) {
        return new UnsendableRow(
                FailureType.RECIPIENT_INVALID,
                "column recipient " + what + ": set it to one address like name@example.com, then retry");
    }
}
