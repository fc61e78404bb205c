package dev.tempost.demo;

import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.Map;

/** A workflow of the club's own, which a row starts: a new player gets a shirt. */
@WorkflowInterface
public interface ShirtWorkflow {

    /** The workflow type. */
    String TYPE = "OrderShirt";

    /** Orders one; the row's payload is its one argument. */
    @WorkflowMethod(name = TYPE)
    String order(Map<String, Object> order);

    /** In two steps, so that there is something to look at. */
    final class Impl implements ShirtWorkflow {
        @Override
        public String order(Map<String, Object> order) {
            String shirt = "shirt " + order.get("number") + ", size " + order.get("size");
            Workflow.setCurrentDetails("Printing " + shirt);
            Workflow.sleep(Duration.ofSeconds(1));
            Workflow.setCurrentDetails("Printed " + shirt);
            return shirt + " is ready";
        }
    }
}
