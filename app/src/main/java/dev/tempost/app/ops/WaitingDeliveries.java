package dev.tempost.app.ops;

import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.DeliveryWorkflow;
import dev.tempost.workflows.SendNowResult;
import io.temporal.client.UpdateOptions;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowNotFoundException;
import io.temporal.client.WorkflowServiceException;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateStage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the workflows of rows that wait for their next attempt to make it at once. */
final class WaitingDeliveries {

    private static final Logger log = LoggerFactory.getLogger(WaitingDeliveries.class);

    // what a mail server takes at its slowest an operator does not wait for: the row says it later
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final WorkflowClient client;
    private final Executor threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("tempost-send-now-", 0).factory());

    WaitingDeliveries(WorkflowClient client) {
        this.client = client;
    }

    /** What came of the attempt; null where that is not known yet: the row will say it. */
    @Nullable
    SendNowResult sendNow(Rows.Row row) throws InterruptedException {
        try {
            // without workers Temporal keeps the update, and whoever sent it waits
            return CompletableFuture.supplyAsync(() -> update(row), threads)
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            return switch (e.getCause()) {
                // it is being sent, or cancelled: the row says so
                case WorkflowUpdateException refused -> null;
                // it has ended, or is still to be started
                case WorkflowNotFoundException gone -> null;
                case WorkflowServiceException away -> {
                    log.warn("Row {} goes out at its next attempt: its workflow could not be told.", row.id(), away);
                    yield null;
                }
                case null, default -> throw new IllegalStateException(e.getCause());
            };
        }
    }

    private SendNowResult update(Rows.Row row) {
        return client.newUntypedWorkflowStub(row.workflowId())
                .startUpdate(UpdateOptions.newBuilder(SendNowResult.class)
                        .setUpdateName(DeliveryWorkflow.SEND_NOW)
                        .setWaitForStage(WorkflowUpdateStage.COMPLETED)
                        .build())
                .getResult();
    }
}
