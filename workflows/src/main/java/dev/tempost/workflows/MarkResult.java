package dev.tempost.workflows;

/**
 * What came of marking.
 *
 * @param outcome the row's status now; {@link #SEND_AGAIN} or {@link #MISSING} instead where there is none to tell
 */
public record MarkResult(String outcome) {

    /** An earlier run failed the row and this one was reset to try anew. */
    public static final String SEND_AGAIN = "send_again";

    /** There is no row with this id and key. */
    public static final String MISSING = "missing";
}
