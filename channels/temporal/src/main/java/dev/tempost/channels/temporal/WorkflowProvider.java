package dev.tempost.channels.temporal;

import org.jspecify.annotations.Nullable;

/**
 * A workflow that rows start or signal.
 *
 * @param name what event types and the ledger call it
 * @param server the Temporal that runs it; null for Tempost's own
 * @param namespace where it runs
 * @param action what a row does to it
 * @param workflowId what its id is made of
 * @param arguments what a row's payload becomes
 */
public record WorkflowProvider(
        String name,
        @Nullable TemporalServer server,
        String namespace,
        WorkflowAction action,
        IdTemplate workflowId,
        Arguments arguments) {

    /** What a row's payload becomes. */
    public enum Arguments {
        /** One argument, the payload as it is. */
        PAYLOAD,
        /** As many as the payload's array {@code arguments} has elements. */
        LIST
    }

    public WorkflowProvider {
        require(
                namespace.matches("[!-~]+"),
                "namespace",
                "is '" + namespace + "': name the namespace of the workflow as Temporal spells it");
    }

    /**
     * Whether a request whose reply was lost may be made again at any time: Temporal answers it then, and does nothing for it a
     * second time.
     */
    public boolean answersAgain() {
        return action instanceof WorkflowAction.Start start
                && start.workflow().reuse() == IdReusePolicy.REJECT_DUPLICATE;
    }

    static void require(boolean holds, String setting, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(setting + " " + otherwise);
        }
    }
}
