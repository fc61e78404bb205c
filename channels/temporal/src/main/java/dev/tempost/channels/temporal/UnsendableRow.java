package dev.tempost.channels.temporal;

import dev.tempost.activities.channel.Outcome;
import dev.tempost.workflows.FailureType;

/** A row that cannot become a request until somebody corrects it. */
final class UnsendableRow extends RuntimeException {

    private final String type;

    private UnsendableRow(String type, String whatAndRemedy) {
        // expected in bulk when a producer is wrong: a stack trace would cost more than the row
        super(whatAndRemedy, null, false, false);
        this.type = type;
    }

    static UnsendableRow payload(String whatAndRemedy) {
        return new UnsendableRow(FailureType.PAYLOAD_INVALID, "column payload " + whatAndRemedy + ", then retry");
    }

    static UnsendableRow recipient(String whatAndRemedy) {
        return new UnsendableRow(FailureType.RECIPIENT_INVALID, "column recipient " + whatAndRemedy + ", then retry");
    }

    Outcome outcome() {
        return new Outcome.Permanent(type, String.valueOf(getMessage()), false);
    }
}
