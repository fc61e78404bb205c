package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.RpcForwarder;
import dev.tempost.app.TempostProcess;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.workflows.FailureType;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.temporal.client.WorkflowExecutionMetadata;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

/** What docs/your-own-workflow.md says, done. */
@Timeout(180)
class YourOwnWorkflowTest {

    private static final Path PAGE = Path.of("..", "docs", "your-own-workflow.md");
    private static final Path SOURCE =
            Path.of("src", "test", "java", "dev", "tempost", "app", "e2e", "YourOwnWorkflowTest.java");

    @WorkflowInterface
    public interface OrderWorkflow {

        @WorkflowMethod
        String process(Map<String, Object> order);
    }

    /** It needs to do nothing here. */
    public static class Processing implements OrderWorkflow {
        @Override
        public String process(Map<String, Object> order) {
            return "processed " + order.get("item");
        }
    }

    private final Installation tempost = new Installation();
    private final String queue = "orders-" + UUID.randomUUID();
    // the page's, of which there is one in the namespace
    private final long order = ThreadLocalRandom.current().nextLong(1, 1L << 50);
    private final WorkerFactory workers = WorkerFactory.newInstance(tempost.client);

    @BeforeEach
    void anApplication() throws IOException {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new ByteArrayResource(block("yaml").getBytes(StandardCharsets.UTF_8)));
        Objects.requireNonNull(yaml.getObject()).forEach((name, value) -> tempost.with(String.valueOf(name), value));
        tempost.with("tempost.workflows.orders.task-queue", queue).migrated();
        tempost.execute("CREATE TABLE orders (id bigint PRIMARY KEY, item text NOT NULL)");
        workers.newWorker(queue).registerWorkflowImplementationTypes(Processing.class);
    }

    @AfterEach
    void stop() {
        workers.shutdownNow();
        tempost.close();
    }

    @Test
    void anOrderAndItsWorkflowAreOneTransaction() throws Exception {
        workers.start();
        tempost.start();
        place(order, "ROLLBACK");

        long row = place(order + 1, "COMMIT");

        Rows.Row delivered = tempost.awaitStatus(row, RowStatus.DELIVERED);
        WorkflowExecutionMetadata run = onlyRun(order + 1);
        assertThat(tempost.client.newUntypedWorkflowStub("order-" + (order + 1)).getResult(String.class))
                .isEqualTo("processed boots");
        assertThat(run.<String>getMemo("tempost_outbox_key", String.class))
                .isEqualTo(delivered.key().toString());
        assertThat(run.<Long>getMemo("tempost_outbox_id", Long.class)).isEqualTo(row);
        assertThat(tempost.rows.attempts(row)).singleElement().satisfies(attempt -> {
            assertThat(attempt.phase()).isEqualTo("accepted");
            assertThat(attempt.reply())
                    .isEqualTo("started, run " + run.getExecution().getRunId());
        });
        assertThat(runs(order)).as("what was rolled back").isEmpty();
        assertThat(tempost.number("SELECT count(*) FROM orders WHERE id = ?", order))
                .isZero();
    }

    @Test
    void aLostReplyIsAskedForAgainAndTheWorkflowRunsOnce() throws Exception {
        workers.start();
        LostReplies lost = new LostReplies(2);
        try (RpcForwarder temporal = new RpcForwarder(port(), server -> server.intercept(lost))) {
            tempost.with("tempost.workflows.orders.target", "127.0.0.1:" + temporal.port())
                    .start();

            long row = place(order, "COMMIT");

            tempost.awaitStatus(row, RowStatus.DELIVERED);
            assertThat(lost.starts()).isEqualTo(3);
            assertThat(tempost.rows.attempts(row))
                    .extracting(Rows.Attempt::phase)
                    .containsExactly("accepted");
            assertThat(onlyRun(order).getExecution().getRunId()).isNotBlank();
        }
    }

    @Test
    void anAttemptThatNeverLearnsLeavesItToTheNextOneAndNobodyIsAsked() throws Exception {
        workers.start();
        LostReplies lost = new LostReplies(Integer.MAX_VALUE);
        try (RpcForwarder temporal = new RpcForwarder(port(), server -> server.intercept(lost))) {
            tempost.with("tempost.workflows.orders.target", "127.0.0.1:" + temporal.port())
                    .with("tempost.event-types.order-placed.attempt-deadline", "2s")
                    .with("tempost.event-types.order-placed.on-ambiguous", "park")
                    .start();
            long row = place(order, "COMMIT");
            await("an attempt that learnt nothing")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> tempost.number("SELECT count(*) FROM tempost.attempt WHERE phase = 'ambiguous'") == 1);

            lost.none();

            tempost.awaitStatus(row, RowStatus.DELIVERED);
            assertThat(tempost.rows.attempts(row))
                    .extracting(Rows.Attempt::phase)
                    .startsWith("ambiguous")
                    .endsWith("accepted");
            assertThat(onlyRun(order).getExecution().getRunId()).isNotBlank();
        }
    }

    @Test
    void aProcessKilledAfterTheStartDoesNotStartAgain() throws Exception {
        workers.start();
        LostReplies lost = new LostReplies(Integer.MAX_VALUE);
        try (RpcForwarder temporal = new RpcForwarder(port(), server -> server.intercept(lost))) {
            tempost.with("tempost.workflows.orders.target", "127.0.0.1:" + temporal.port())
                    // for every event type: a variable of the environment cannot spell this one
                    .with("tempost.delivery.provider", "orders")
                    .with("tempost.delivery.attempt-deadline", "5s")
                    .with("tempost.delivery.on-ambiguous", "park");
            Process first = tempost.serve();
            long row = place(order, "COMMIT");
            await("the start").atMost(Installation.TIMEOUT).until(() -> lost.starts() > 0);
            first.destroyForcibly().waitFor();
            lost.none();

            tempost.start();

            tempost.awaitStatus(row, RowStatus.DELIVERED);
            assertThat(tempost.rows.attempts(row))
                    .extracting(Rows.Attempt::phase)
                    .startsWith("ambiguous")
                    .endsWith("accepted");
            assertThat(onlyRun(order).getExecution().getRunId()).isNotBlank();
        }
    }

    @Test
    void aRowWhoseIdIsTakenFails() throws Exception {
        workers.start();
        tempost.start();
        tempost.awaitStatus(place(order, "COMMIT"), RowStatus.DELIVERED);

        long another = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, payload) VALUES ('order-placed', ?::jsonb) RETURNING id",
                "{\"orderId\": " + order + "}");
        long without = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, payload) VALUES ('order-placed', '{}') RETURNING id");

        assertThat(tempost.awaitStatus(another, RowStatus.FAILED).lastErrorType())
                .isEqualTo(FailureType.WORKFLOW_ID_TAKEN);
        Rows.Row failed = tempost.awaitStatus(without, RowStatus.FAILED);
        assertThat(failed.lastErrorType()).isEqualTo(FailureType.PAYLOAD_INVALID);
        assertThat(failed.lastError()).contains("orderId");
        onlyRun(order);
    }

    @Test
    void theDoctorSeesThatNobodyPolls() throws Exception {
        tempost.start();

        Process doctor = TempostProcess.of(tempost.settings(), "doctor")
                .redirectErrorStream(true)
                .start();

        String said = new String(doctor.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(doctor.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said)
                .contains("ok       workflow orders")
                .contains("warn     workflow orders    no worker polls task queue " + queue)
                .contains("0 problems");
    }

    @Test
    void thePageShowsTheWorkflowThatRanHere() throws IOException {
        assertThat(Files.readString(SOURCE).replaceAll("\\s+", " "))
                .contains(block("java").strip().replaceAll("\\s+", " "));
    }

    /** The first block of that language on the page. */
    private static String block(String language) throws IOException {
        Matcher block = Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE));
        assertThat(block.find()).as("a block of %s", language).isTrue();
        return block.group(1);
    }

    /** Runs the page's transaction for an order of ours; returns the row, 0 when there is none. */
    private long place(long number, String end) throws IOException, SQLException {
        try (Connection connection = tempost.connection();
                Statement statement = connection.createStatement()) {
            statement.execute(block("sql").replace("17", Long.toString(number)).replace("COMMIT", end));
        }
        return tempost.number(
                "SELECT coalesce(max(id), 0) FROM tempost.outbox WHERE payload ->> 'orderId' = ?",
                Long.toString(number));
    }

    private WorkflowExecutionMetadata onlyRun(long number) {
        await().atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(runs(number)).hasSize(1));
        return runs(number).getFirst();
    }

    private List<WorkflowExecutionMetadata> runs(long number) {
        return tempost.client
                .listExecutions("WorkflowId = 'order-" + number + "'")
                .toList();
    }

    private int port() {
        return Integer.parseInt(tempost.temporalTarget.replaceFirst(".*:", ""));
    }

    /** Lets starts through and loses what comes back. */
    private static final class LostReplies implements ServerInterceptor {

        private final AtomicInteger starts = new AtomicInteger();
        private final AtomicInteger left;

        LostReplies(int replies) {
            left = new AtomicInteger(replies);
        }

        int starts() {
            return starts.get();
        }

        void none() {
            left.set(0);
        }

        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            if (!call.getMethodDescriptor().getFullMethodName().endsWith("/StartWorkflowExecution")) {
                return next.startCall(call, headers);
            }
            starts.incrementAndGet();
            if (left.getAndUpdate(replies -> Math.max(0, replies - 1)) == 0) {
                return next.startCall(call, headers);
            }
            return next.startCall(
                    new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                        @Override
                        public void sendHeaders(Metadata lost) {}

                        @Override
                        public void sendMessage(R lost) {}

                        @Override
                        public void close(Status status, Metadata trailers) {
                            super.close(Status.UNAVAILABLE.withDescription("the reply is lost"), new Metadata());
                        }
                    },
                    headers);
        }
    }
}
