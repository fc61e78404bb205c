package dev.tempost.workflows;

import org.jspecify.annotations.Nullable;

/** What became of a delivery, as Temporal knows it, and what follows for a row that was not told. */
public sealed interface Fate {

    /** There is no such workflow. */
    String GONE = "gone";
    /** It failed without telling its row. */
    String FAILED = "failed";

    /** It has not closed: it will tell its row itself. */
    record Running() implements Fate {}

    /**
     * It will tell its row nothing any more. The ledger has the last word: what it says was accepted is delivered.
     *
     * @param finding {@link #GONE}, or how it closed: completed, {@link #FAILED}, canceled, terminated, timed_out
     * @param runId the run that closed; null where there is none
     * @param outcome the status that follows for the row; {@code pending} where it can be dispatched anew without harm
     * @param reason why; null for none
     * @param failureType one of {@link FailureType}; null unless the row fails
     * @param failure what happened and what to do; null unless the row fails
     */
    record Ended(
            String finding,
            @Nullable String runId,
            String outcome,
            @Nullable String reason,
            @Nullable String failureType,
            @Nullable String failure)
            implements Fate {}
}
