package dev.tempost.channels.temporal;

import io.temporal.api.enums.v1.WorkflowIdReusePolicy;

/** Whether a workflow may be started whose id one has that is closed, started by another request. In Temporal's own words. */
public enum IdReusePolicy {
    /** No: the row fails. The only one under which a start that is asked again is surely no second start. */
    REJECT_DUPLICATE(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE),
    /** Where that one failed, was cancelled, was terminated or timed out. */
    ALLOW_DUPLICATE_FAILED_ONLY(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY),
    /** Yes. */
    ALLOW_DUPLICATE(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE);

    private final WorkflowIdReusePolicy temporals;

    IdReusePolicy(WorkflowIdReusePolicy temporals) {
        this.temporals = temporals;
    }

    WorkflowIdReusePolicy temporals() {
        return temporals;
    }
}
