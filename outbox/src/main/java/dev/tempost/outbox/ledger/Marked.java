package dev.tempost.outbox.ledger;

import dev.tempost.outbox.rows.RowStatus;
import java.time.Duration;

/** What came of a {@link Mark}. */
public sealed interface Marked {

    /** What the row is now: as asked, or what it was already. */
    record Is(RowStatus status) implements Marked {}

    /** An earlier run failed the row and this one was reset to try anew: it is to send. */
    record SendAgain() implements Marked {}

    /** An attempt of the row is still open, until its deadline: mark again after that time. */
    record InProgress(Duration remaining) implements Marked {}

    /** There is no row with this id and key. */
    record Missing() implements Marked {}
}
