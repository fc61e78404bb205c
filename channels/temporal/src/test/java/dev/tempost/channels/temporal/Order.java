package dev.tempost.channels.temporal;

import io.temporal.failure.ApplicationFailure;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A workflow as a user may have one: it does what its argument says, and otherwise waits to be finished. */
@WorkflowInterface
public interface Order {

    /** Returns what it was told, signals included. */
    @WorkflowMethod(name = "Order")
    List<String> run(Map<String, Object> order);

    @SignalMethod
    void note(Map<String, Object> note);

    @SignalMethod
    void finish(Map<String, Object> note);

    @SignalMethod
    void continueAsNew();

    /** It does. */
    class Impl implements Order {

        private final List<String> told = new ArrayList<>();
        private boolean finished;
        private boolean again;

        @Override
        public List<String> run(Map<String, Object> order) {
            told.add(String.valueOf(order));
            switch (String.valueOf(order.get("then"))) {
                case "end" -> finished = true;
                case "fail" -> throw ApplicationFailure.newNonRetryableFailure("as asked", "Test");
                case "continue" -> Workflow.newContinueAsNewStub(Order.class).run(Map.of("then", "wait"));
                default -> {}
            }
            Workflow.await(() -> finished || again);
            if (again) {
                Workflow.newContinueAsNewStub(Order.class).run(Map.of("then", "wait"));
            }
            return told;
        }

        @Override
        public void note(Map<String, Object> note) {
            told.add("note " + note);
        }

        @Override
        public void continueAsNew() {
            again = true;
        }

        @Override
        public void finish(Map<String, Object> note) {
            told.add("finish " + note);
            finished = true;
        }
    }
}
