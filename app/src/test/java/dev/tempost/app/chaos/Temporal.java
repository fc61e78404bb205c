package dev.tempost.app.chaos;

import dev.tempost.embedded.TemporalCli;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.temporal.api.workflowservice.v1.DescribeNamespaceRequest;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Temporal server that keeps its data in a file. */
final class Temporal implements Victim, AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Path folder;
    private final int port;
    private final ManagedChannel channel;
    private Process server;

    Temporal(Path folder, int port) throws Exception {
        this.folder = folder;
        this.port = port;
        this.channel = NettyChannelBuilder.forAddress(new InetSocketAddress(LOOPBACK, port))
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        this.server = start();
        awaitAnswer();
    }

    int port() {
        return port;
    }

    /** Past every fault. */
    WorkflowServiceBlockingStub direct() {
        return WorkflowServiceGrpc.newBlockingStub(channel);
    }

    @Override
    public void kill() {
        server.destroyForcibly().onExit().join();
    }

    @Override
    public void revive() throws Exception {
        if (!server.isAlive()) {
            server = start();
        }
        awaitAnswer();
    }

    private Process start() throws IOException {
        Path cli = TemporalCli.find(System.err::println);
        return new ProcessBuilder(List.of(
                        cli.toString(),
                        "server",
                        "start-dev",
                        "--ip",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--headless",
                        "--log-level",
                        "error",
                        "--db-filename",
                        folder.resolve("temporal.db").toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("temporal.log").toFile()))
                .start();
    }

    private void awaitAnswer() throws Exception {
        long until = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            try {
                channel.resetConnectBackoff();
                direct().withDeadlineAfter(2, TimeUnit.SECONDS)
                        .describeNamespace(DescribeNamespaceRequest.newBuilder()
                                .setNamespace("default")
                                .build());
                return;
            } catch (StatusRuntimeException e) {
                if (System.nanoTime() > until) {
                    throw new IllegalStateException("Temporal did not answer within " + TIMEOUT, e);
                }
                if (!server.isAlive()) {
                    server = start();
                }
                Thread.sleep(100);
            }
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        kill();
    }
}
