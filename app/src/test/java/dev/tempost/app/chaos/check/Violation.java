package dev.tempost.app.chaos.check;

/**
 * A promise that was not kept.
 *
 * @param what the row's or token's story, for whoever looks into it
 */
public record Violation(Kind kind, String token, String what) {

    /** Which promise. */
    public enum Kind {
        /** A committed row that is neither delivered nor ended with its reason, or is called delivered without a mail. */
        LOST,
        /** A row is still pending or dispatched though everything else has come to rest. */
        STUCK,
        /** A mail of a transaction that rolled back, or of no row at all. */
        ROLLED_BACK_SENT,
        /** More mails than the ledger accounts for. */
        UNRECORDED_DUPLICATE,
        /** Copies of one mail, or its ledger entries, that bear different Message-IDs. */
        MESSAGE_ID_DIFFERS,
        /** A mail that carries another row's content. */
        CONTENT_OF_ANOTHER_ROW,
        /** The ledger or the row claims an acceptance, and the mail server knows of none. */
        ACCEPTANCE_WITHOUT_MAIL,
        /** An attempt began though an acceptance was recorded. */
        SENT_AFTER_ACCEPTANCE,
        /** Two attempts of one row at the same time. */
        ATTEMPTS_OVERLAP,
        /** An attempt that nobody closed. */
        ATTEMPT_LEFT_OPEN,
        /** A row that was accepted and says something else. */
        ACCEPTED_BUT_NOT_DELIVERED,
        /** A workflow that runs though its row has ended. */
        WORKFLOW_LEFT_RUNNING,
        /** A workflow that says something else than its row. */
        WORKFLOW_DISAGREES,
        /** A workflow for no row. */
        WORKFLOW_WITHOUT_ROW,
        /** Rows of one shard that went out in another order than that of their ids. */
        OUT_OF_ORDER
    }

    @Override
    public String toString() {
        return kind + " " + token + ": " + what;
    }
}
