package dev.tempost.outbox.backfill;

/** A backfill cannot go on as it is; the message says what is wrong with which row or column, and what to do. */
public final class BackfillRefusedException extends RuntimeException {

    BackfillRefusedException(Backfill backfill, String whatAndRemedy) {
        super("backfill " + backfill + ": " + whatAndRemedy);
    }
}
