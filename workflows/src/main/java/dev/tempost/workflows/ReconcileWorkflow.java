package dev.tempost.workflows;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Finds rows whose workflow ended or vanished without telling them, and repairs them. Started by a schedule. */
@WorkflowInterface
public interface ReconcileWorkflow {

    /** The workflow type. */
    String TYPE = "Reconcile";

    /** One look; a second one and a full comparison where the first found that the numbers disagree. */
    @WorkflowMethod(name = TYPE)
    ReconcileResult reconcile();
}
