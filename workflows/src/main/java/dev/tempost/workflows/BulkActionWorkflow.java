package dev.tempost.workflows;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Does the same to all rows that match a filter. What, and to which, stands in the outbox: it may be personal. */
@WorkflowInterface
public interface BulkActionWorkflow {

    /** The workflow type. */
    String TYPE = "BulkAction";

    /** The workflow id of a bulk action. */
    static String workflowId(String id) {
        return "bulk-action:" + id;
    }

    /**
     * Goes on until all rows were looked at, or somebody cancels it.
     *
     * @param id of {@code tempost.bulk_action}
     */
    @WorkflowMethod(name = TYPE)
    BulkActionProgress run(String id);
}
