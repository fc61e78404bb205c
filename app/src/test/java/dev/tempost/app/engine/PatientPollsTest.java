package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.util.concurrent.ListenableFuture;
import dev.tempost.embedded.Ports;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.api.workflowservice.v1.PollActivityTaskQueueRequest;
import io.temporal.api.workflowservice.v1.PollActivityTaskQueueResponse;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PatientPollsTest {

    private final int port = Ports.any();
    private final ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .intercept(new PatientPolls())
            .build();

    @AfterEach
    void close() {
        channel.shutdownNow();
    }

    @Test
    void aPollOutlivesTheTimeWithoutAServer() throws Exception {
        ListenableFuture<PollActivityTaskQueueResponse> poll = WorkflowServiceGrpc.newFutureStub(channel)
                .pollActivityTaskQueue(PollActivityTaskQueueRequest.getDefaultInstance());
        await("a connection to be refused")
                .atMost(Duration.ofSeconds(20))
                .until(() -> channel.getState(true) == ConnectivityState.TRANSIENT_FAILURE);
        assertThat(poll.isDone()).isFalse();

        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .addService(new WorkflowServiceGrpc.WorkflowServiceImplBase() {
                    @Override
                    public void pollActivityTaskQueue(
                            PollActivityTaskQueueRequest request,
                            StreamObserver<PollActivityTaskQueueResponse> response) {
                        response.onNext(PollActivityTaskQueueResponse.getDefaultInstance());
                        response.onCompleted();
                    }
                })
                .build()
                .start();
        try {
            channel.resetConnectBackoff();
            assertThat(poll.get(20, TimeUnit.SECONDS)).isEqualTo(PollActivityTaskQueueResponse.getDefaultInstance());
        } finally {
            server.shutdownNow();
        }
    }

    /** Whoever claims rows has to know at once that they cannot be started. */
    @Test
    void whateverElseIsAskedFailsAtOnce() {
        assertThatThrownBy(() -> WorkflowServiceGrpc.newFutureStub(channel)
                        .describeNamespace(DescribeNamespaceRequest.getDefaultInstance())
                        .get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("UNAVAILABLE");
    }
}
