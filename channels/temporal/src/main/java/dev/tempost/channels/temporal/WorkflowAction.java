package dev.tempost.channels.temporal;

/** What a row does to a workflow. */
public sealed interface WorkflowAction {

    /**
     * Starts one.
     *
     * @param workflow what is started
     * @param onRunning what happens where one of its id runs, started by somebody else
     */
    record Start(WorkflowStart workflow, IdConflictPolicy onRunning) implements WorkflowAction {
        public Start {
            if (onRunning == IdConflictPolicy.TERMINATE_EXISTING
                    && workflow.reuse() == IdReusePolicy.REJECT_DUPLICATE) {
                throw new IllegalArgumentException(
                        "id-conflict-policy is terminate-existing, and Temporal refuses it together with id-reuse-policy"
                                + " reject-duplicate: set id-reuse-policy to allow-duplicate");
            }
        }
    }

    /**
     * Signals one that runs.
     *
     * @param signal the signal's name
     */
    record Signal(String signal) implements WorkflowAction {}

    /**
     * Signals one that runs, and starts one with the signal where none does. Both get the same arguments.
     *
     * @param signal the signal's name
     * @param workflow what is started
     */
    record SignalWithStart(String signal, WorkflowStart workflow) implements WorkflowAction {}
}
