package dev.tempost.channels.temporal;

import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;

/** What happens to a start where a workflow of its id runs that another request has started. In Temporal's own words. */
public enum IdConflictPolicy {
    /** The row fails. */
    FAIL(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL),
    /** The row is content with that one. */
    USE_EXISTING(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING),
    /** That one is terminated, and another started. */
    TERMINATE_EXISTING(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING);

    private final WorkflowIdConflictPolicy temporals;

    IdConflictPolicy(WorkflowIdConflictPolicy temporals) {
        this.temporals = temporals;
    }

    WorkflowIdConflictPolicy temporals() {
        return temporals;
    }
}
