package dev.tempost.app.chaos;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a gRPC server and fails calls as a cut connection does: before a call was handled, or after. All calls of a
 * client share one connection, so cutting that would fail all of them; here each fails by itself.
 */
final class RpcProxy implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final int LARGEST = 64 << 20;

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final String boundary;
    private final Faults faults;
    private final ManagedChannel target;
    private final Server server;

    RpcProxy(String boundary, int targetPort, Faults faults) {
        this.boundary = boundary;
        this.faults = faults;
        this.target = NettyChannelBuilder.forAddress(new InetSocketAddress(LOOPBACK, targetPort))
                .usePlaintext()
                .maxInboundMessageSize(LARGEST)
                .build();
        try {
            this.server = NettyServerBuilder.forAddress(new InetSocketAddress(LOOPBACK, 0))
                    .maxInboundMessageSize(LARGEST)
                    .fallbackHandlerRegistry(new HandlerRegistry() {
                        @Override
                        public ServerMethodDefinition<byte[], byte[]> lookupMethod(
                                String method, @Nullable String authority) {
                            return forward(method);
                        }
                    })
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getPort();
    }

    /** The server is back: lost calls shall not wait for their connection's backoff. */
    void targetIsBack() {
        target.resetConnectBackoff();
    }

    private ServerMethodDefinition<byte[], byte[]> forward(String name) {
        MethodDescriptor<byte[], byte[]> method = MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(name)
                .build();
        return ServerMethodDefinition.create(method, (call, headers) -> {
            if (faults.strikes(boundary)) {
                if (faults.pick(boundary, 2) == 0) {
                    faults.struck(boundary + ": cut before it was handled");
                    call.close(Status.UNAVAILABLE.withDescription("cut before it was handled"), new Metadata());
                    return new ServerCall.Listener<>() {};
                }
                return relay(call, headers, method, true);
            }
            return relay(call, headers, method, false);
        });
    }

    private ServerCall.Listener<byte[]> relay(
            ServerCall<byte[], byte[]> call,
            Metadata headers,
            MethodDescriptor<byte[], byte[]> method,
            boolean dropReply) {
        // the caller's deadline and its cancel come with the context
        ClientCall<byte[], byte[]> onward = target.newCall(method, CallOptions.DEFAULT);
        onward.start(
                new ClientCall.Listener<>() {
                    private byte @Nullable [] reply;

                    @Override
                    public void onMessage(byte[] message) {
                        reply = message;
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        if (dropReply && status.isOk()) {
                            faults.struck(boundary + ": cut after it was handled");
                            close(Status.UNAVAILABLE.withDescription("cut after it was handled"), new Metadata());
                            return;
                        }
                        byte[] message = reply;
                        if (message != null && status.isOk()) {
                            synchronized (call) {
                                call.sendHeaders(new Metadata());
                                call.sendMessage(message);
                            }
                        }
                        close(status, trailers);
                    }

                    private void close(Status status, Metadata trailers) {
                        try {
                            synchronized (call) {
                                call.close(status, trailers);
                            }
                        } catch (IllegalStateException cancelled) {
                            // by the caller
                        }
                    }
                },
                headers);
        onward.request(1);
        call.request(1);
        return new ServerCall.Listener<>() {
            @Override
            public void onMessage(byte[] message) {
                onward.sendMessage(message);
            }

            @Override
            public void onHalfClose() {
                onward.halfClose();
            }

            @Override
            public void onCancel() {
                onward.cancel("the caller is gone", null);
            }
        };
    }

    @Override
    public void close() {
        server.shutdownNow();
        target.shutdownNow();
    }
}
