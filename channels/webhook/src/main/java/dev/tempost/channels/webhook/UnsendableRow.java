package dev.tempost.channels.webhook;

import dev.tempost.activities.channel.Outcome;

/** A row that cannot become a request until somebody corrects it. */
final class UnsendableRow extends RuntimeException {

    private final String type;

    UnsendableRow(String type, String whatAndRemedy) {
        super(whatAndRemedy, null, false, false);
        this.type = type;
    }

    Outcome outcome() {
        return new Outcome.Permanent(type, String.valueOf(getMessage()), false);
    }
}
