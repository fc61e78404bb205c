package dev.tempost.workflows;

import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;

/** Carries rows of one tenant and event type together. What does not succeed at once goes on in a {@link DeliveryWorkflow}. */
@WorkflowInterface
public interface BatchWorkflow {

    /** The workflow type. */
    String TYPE = "DeliveryBatch";

    /** The task queue from which batches are sent, beside that of deliveries: they take no slot from a delivery. */
    static String taskQueue(String deliveries) {
        return deliveries + "-batches";
    }

    /** Sends the rows, each once. Completes whatever became of them. */
    @WorkflowMethod(name = TYPE)
    BatchProgress deliver(BatchRequest request);
}
