package dev.tempost.workflows;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Removes rows that have been finished for long enough. Started by a schedule. */
@WorkflowInterface
public interface RetainWorkflow {

    /** The workflow type. */
    String TYPE = "Retain";

    /** Removes for a while; the next run goes on. */
    @WorkflowMethod(name = TYPE)
    RetainResult retain();
}
