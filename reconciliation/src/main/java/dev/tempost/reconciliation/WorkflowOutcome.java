package dev.tempost.reconciliation;

import dev.tempost.outbox.rows.Settlement;

/** What became of a delivery, as Temporal knows it, and what follows for a row that its workflow did not mark. */
public sealed interface WorkflowOutcome {

    /** There is no such workflow. */
    String GONE = "gone";
    /** It failed without marking its row. */
    String FAILED = "failed";

    /** It has not closed: it will mark its row itself. */
    record Running() implements WorkflowOutcome {}

    /**
     * It will never mark its row. The ledger has the last word: what it says was accepted is delivered.
     *
     * @param finding {@link #GONE}, or how it closed: completed, {@link #FAILED}, canceled, terminated, timed_out
     * @param settlement what follows for the row; pending where it can be dispatched anew without harm
     */
    record Ended(String finding, Settlement settlement) implements WorkflowOutcome {}
}
