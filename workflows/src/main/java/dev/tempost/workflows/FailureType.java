package dev.tempost.workflows;

import java.util.Set;

/**
 * The failure types, the same words in the Temporal UI, the row's {@code last_error_type}, the metrics and the alerts.
 */
public final class FailureType {

    /** The payload lacks something, or holds something the channel cannot use. Correct the row, then retry it. */
    public static final String PAYLOAD_INVALID = "PayloadInvalid";
    /** The event type has no template, or its template cannot be rendered. */
    public static final String TEMPLATE_INVALID = "TemplateInvalid";
    /** The recipient is missing or is not an address. Correct the row, then retry it. */
    public static final String RECIPIENT_INVALID = "RecipientInvalid";
    /** The provider refuses this mailbox for good. */
    public static final String MAILBOX_UNKNOWN = "MailboxUnknown";
    /** The provider refuses this message for good: its content, its size or its sender. */
    public static final String MESSAGE_REJECTED = "MessageRejected";
    /** A workflow of the row's id was started by another request, and the policies of ids do not let this one in. */
    public static final String WORKFLOW_ID_TAKEN = "WorkflowIdTaken";
    /** No workflow of the row's id runs that could be signalled. */
    public static final String WORKFLOW_NOT_FOUND = "WorkflowNotFound";
    /** The workflow of the row's id could not take a request just now. */
    public static final String WORKFLOW_BUSY = "WorkflowBusy";
    /** The provider asks to come back later. */
    public static final String GREYLISTED = "Greylisted";
    /** The provider could not take the message just now. */
    public static final String MAILBOX_UNAVAILABLE = "MailboxUnavailable";
    /** The provider says that a quota or a rate is used up. */
    public static final String THROTTLED = "Throttled";
    /** All our connections to the provider were busy for a while; nothing was sent. */
    public static final String CONNECTIONS_BUSY = "ConnectionsBusy";
    /** Messages that are being sent had all the memory that there is for them for a while; nothing was sent. */
    public static final String MEMORY_BUSY = "MemoryBusy";
    /** The provider cannot be reached, or closes its door before it hears of a message. */
    public static final String PROVIDER_UNAVAILABLE = "ProviderUnavailable";
    /** The provider refuses our credentials, or its certificate cannot be trusted. */
    public static final String CREDENTIALS_REJECTED = "CredentialsRejected";
    /** The provider does not understand us: a fault of ours or of the configuration. */
    public static final String PROTOCOL_ERROR = "ProtocolError";
    /** The connection ended after the final dot or after a request: the message may have been accepted. */
    public static final String AMBIGUOUS_OUTCOME = "AmbiguousOutcome";
    /** Three attempts in a row ended with the process that made them. Correct what makes the row so heavy, then retry it. */
    public static final String CRASHED_WORKER = "CrashedWorker";
    /** Another attempt of this row is under way, or its deadline has not passed yet. */
    public static final String ATTEMPT_IN_PROGRESS = "AttemptInProgress";
    /** The row went back to pending after this workflow started; it goes on once the row is claimed again. */
    public static final String ROW_NOT_DISPATCHED = "RowNotDispatched";
    /** An operator's switch holds the row back; it goes on once the switch is lifted. */
    public static final String PAUSED = "Paused";
    /** The row was put off after it was claimed; it goes on at its {@code deliver_after}. */
    public static final String SNOOZED = "Snoozed";
    /** Another row of its shard has the turn. */
    public static final String NOT_ITS_TURN = "NotItsTurn";
    /** The rate limit of the row's provider applies to another task queue; nothing was sent, and the delivery goes there. */
    public static final String RATE_LIMITED_ELSEWHERE = "RateLimitedElsewhere";
    /** A delivery that waits fails for another reason than before; it goes on, and shows the new one. */
    public static final String FAILURE_CHANGED = "FailureChanged";
    /** A fault of Tempost itself. The log has the stack trace. */
    public static final String INTERNAL_ERROR = "InternalError";
    /** PostgreSQL could not be asked or told; nothing was sent. */
    public static final String OUTBOX_UNAVAILABLE = "OutboxUnavailable";
    /** The workflow of a dispatched row ended, or vanished, without the row learning how. */
    public static final String WORKFLOW_LOST = "WorkflowLost";
    /** Temporal refused to start the row's workflow; the row is pending again. */
    public static final String START_REFUSED = "StartRefused";
    /** The row a workflow was started for is gone, or another row has its id. */
    public static final String ROW_MISSING = "RowMissing";

    // come and go within seconds, and nobody has to do anything about them
    private static final Set<String> PASSING = Set.of(
            CONNECTIONS_BUSY, MEMORY_BUSY, ATTEMPT_IN_PROGRESS, ROW_NOT_DISPATCHED, NOT_ITS_TURN, OUTBOX_UNAVAILABLE);

    private FailureType() {}

    /** Whether a failure is worth showing: one that does not pass by itself within seconds. */
    public static boolean isWorthShowing(String type) {
        return !PASSING.contains(type);
    }
}
