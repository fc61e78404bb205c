package dev.tempost.channels.email;

import dev.tempost.activities.channel.Outcome;

/** A row that cannot become a mail until somebody corrects it, or its template. */
final class UnsendableRow extends RuntimeException {

    private final String type;

    UnsendableRow(String type, String whatAndRemedy) {
        // expected in bulk when a template is wrong: a stack trace would cost more than the rendering
        super(whatAndRemedy, null, false, false);
        this.type = type;
    }

    Outcome outcome() {
        return new Outcome.Permanent(type, String.valueOf(getMessage()), false);
    }
}
