package dev.tempost.starter;

import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.workflows.BatchRequest;
import dev.tempost.workflows.BatchRequest.CarriedRow;
import dev.tempost.workflows.BatchWorkflow;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import java.util.List;
import java.util.Objects;

/** Starts the workflow that carries rows together; starting it again changes nothing. */
final class BatchStarter {

    private final WorkflowClient client;
    private final StarterSettings settings;
    private final Policies policies;
    private final Deadlines deadlines;

    BatchStarter(WorkflowClient client, StarterSettings settings, Policies policies, Deadlines deadlines) {
        this.client = client;
        this.settings = settings;
        this.policies = policies;
        this.deadlines = deadlines;
    }

    /**
     * @param batch rows of one lane that name the same batch
     * @throws io.grpc.StatusRuntimeException or {@link io.temporal.client.WorkflowServiceException} when it is unknown whether
     *     it was started
     */
    void start(List<ClaimedRow> batch) {
        ClaimedRow first = batch.getFirst();
        BatchRequest request = new BatchRequest(
                first.tenant(),
                first.eventType(),
                first.priority(),
                policies.of(first.eventType()),
                batch.stream()
                        .map(row -> new CarriedRow(row.id(), row.key().toString()))
                        .toList());
        WorkflowOptions options = DeliveryStarter.options(settings, Objects.requireNonNull(first.batch()))
                .setTypedSearchAttributes(settings.attributes()
                        .of(first.tenant(), first.eventType())
                        .build())
                .setStaticSummary(first.eventType() + ", " + batch.size() + " rows of tenant " + first.tenant())
                .setStaticDetails("Rows `" + first.id() + "` to `"
                        + batch.getLast().id() + "`: `./tempost show "
                        + first.id() + "` lists the attempts of the first. What does not succeed at once goes on in a"
                        + " workflow of its own.")
                .build();
        deadlines.call(
                () -> client.newUntypedWorkflowStub(BatchWorkflow.TYPE, options).start(request));
    }
}
