package dev.tempost.app;

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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Stands before a gRPC server on loopback and hands on every call, whatever it is about. */
public final class RpcForwarder implements AutoCloseable {

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

    private final ManagedChannel target;
    private final Server server;

    /**
     * Starts it.
     *
     * @param more how it differs from one that takes plain text from anybody: TLS, interceptors
     */
    public RpcForwarder(int targetPort, UnaryOperator<NettyServerBuilder> more) {
        this.target = NettyChannelBuilder.forAddress(new InetSocketAddress(LOOPBACK, targetPort))
                .usePlaintext()
                .maxInboundMessageSize(LARGEST)
                .build();
        try {
            this.server = more.apply(NettyServerBuilder.forAddress(new InetSocketAddress(LOOPBACK, 0))
                            .maxInboundMessageSize(LARGEST)
                            .fallbackHandlerRegistry(new HandlerRegistry() {
                                @Override
                                public ServerMethodDefinition<byte[], byte[]> lookupMethod(
                                        String method, @Nullable String authority) {
                                    return forward(method);
                                }
                            }))
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getPort();
    }

    /** The server is back: lost calls shall not wait for their connection's backoff. */
    public void targetIsBack() {
        target.resetConnectBackoff();
    }

    private ServerMethodDefinition<byte[], byte[]> forward(String name) {
        MethodDescriptor<byte[], byte[]> method = MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(name)
                .build();
        return ServerMethodDefinition.create(method, (call, headers) -> relay(call, headers, method));
    }

    private ServerCall.Listener<byte[]> relay(
            ServerCall<byte[], byte[]> call, Metadata headers, MethodDescriptor<byte[], byte[]> method) {
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
                        byte[] message = reply;
                        try {
                            synchronized (call) {
                                if (message != null && status.isOk()) {
                                    call.sendHeaders(new Metadata());
                                    call.sendMessage(message);
                                }
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
