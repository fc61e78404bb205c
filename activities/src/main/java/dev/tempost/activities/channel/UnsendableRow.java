package dev.tempost.activities.channel;

import dev.tempost.workflows.FailureType;

/** A row that cannot become a message until somebody corrects it, or its template. */
public final class UnsendableRow extends RuntimeException {

    private final String type;

    /**
     * @param type one of {@link FailureType}
     * @param whatAndRemedy what is wrong and how to mend it, without personal data
     */
    public UnsendableRow(String type, String whatAndRemedy) {
        // expected in bulk when a producer or a template is wrong: a stack trace would cost more than the row
        super(whatAndRemedy, null, false, false);
        this.type = type;
    }

    /** One whose payload is of no use: what is wrong with it, and how to mend it. */
    public static UnsendableRow payload(String whatAndRemedy) {
        return new UnsendableRow(FailureType.PAYLOAD_INVALID, "column payload " + whatAndRemedy + ", then retry");
    }

    /** One whose recipient is of no use: what is wrong with it, and how to mend it. */
    public static UnsendableRow recipient(String whatAndRemedy) {
        return new UnsendableRow(FailureType.RECIPIENT_INVALID, "column recipient " + whatAndRemedy + ", then retry");
    }

    /** What becomes of the row. */
    public Outcome outcome() {
        return new Outcome.Permanent(type, String.valueOf(getMessage()), false);
    }
}
