package dev.tempost.demo.bench;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Does nothing: what it costs is what Temporal costs. */
@WorkflowInterface
public interface EmptyWorkflow {

    /** Counts itself, and ends. */
    @WorkflowMethod(name = "Empty")
    void run();
}
