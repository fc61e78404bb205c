package dev.tempost.demo;

import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import io.temporal.client.WorkflowClient;
import io.temporal.worker.WorkerFactory;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;

/** A row that starts a workflow of the club's own, and the club's worker that runs it. */
final class Shirt implements AutoCloseable {

    static final String WORKFLOW = "shirt-44";

    private static final String QUEUE = "club";
    private static final String EVENT_TYPE = "shirt_ordered";
    private static final long SECONDS = 60;

    private final WorkflowClient client;
    private final WorkerFactory workers;

    /** Starts the worker: it runs as long as the demo, since whoever looks at the workflow asks it. */
    Shirt(WorkflowClient client) {
        this.client = client;
        this.workers = WorkerFactory.newInstance(client);
        workers.newWorker(QUEUE).registerWorkflowImplementationTypes(ShirtWorkflow.Impl.class);
        workers.start();
    }

    /** What the configuration says of it. */
    static Map<String, Object> properties() {
        return Map.of(
                "tempost.workflows.shirts.workflow-type",
                ShirtWorkflow.TYPE,
                "tempost.workflows.shirts.task-queue",
                QUEUE,
                "tempost.workflows.shirts.workflow-id",
                "shirt-{payload.number}",
                "tempost.event-types." + EVENT_TYPE + ".provider",
                "shirts");
    }

    /** Inserts the row and returns what came of it; says why when nothing did. */
    String order(DataSource database) throws SQLException, InterruptedException {
        try {
            long id = insert(database);
            Rows rows = new Rows(database);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (row(rows, id).status() != RowStatus.DELIVERED) {
                if (System.nanoTime() > deadline) {
                    return "row " + id + " is still " + row(rows, id).status().column();
                }
                Thread.sleep(50);
            }
            String answer = client.newUntypedWorkflowStub(WORKFLOW).getResult(SECONDS, TimeUnit.SECONDS, String.class);
            return "Row " + id + " started workflow " + WORKFLOW + ", of the club's own, once: " + answer;
        } catch (TimeoutException e) {
            return "workflow " + WORKFLOW + " has not ended after " + SECONDS + " s";
        }
    }

    private static Rows.Row row(Rows rows, long id) {
        return Objects.requireNonNull(rows.find(id));
    }

    private static long insert(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("INSERT INTO tempost.outbox (tenant, event_type, payload) VALUES ('1', '"
                                + EVENT_TYPE + "', '{\"number\": 44, \"size\": \"M\"}') RETURNING id")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void close() {
        workers.shutdownNow();
        workers.awaitTermination(SECONDS, TimeUnit.SECONDS);
    }
}
