package dev.tempost.app.chaos;

import dev.tempost.app.RpcForwarder;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Stands before a gRPC server and fails calls as a cut connection does: before a call was handled, or after. All calls of a
 * client share one connection, so cutting that would fail all of them; here each fails by itself.
 */
final class RpcProxy implements ServerInterceptor, AutoCloseable {

    private final String boundary;
    private final Faults faults;
    private final RpcForwarder forwarder;

    RpcProxy(String boundary, int targetPort, Faults faults) {
        this.boundary = boundary;
        this.faults = faults;
        this.forwarder = new RpcForwarder(targetPort, server -> server.intercept(this));
    }

    int port() {
        return forwarder.port();
    }

    /** The server is back: lost calls shall not wait for their connection's backoff. */
    void targetIsBack() {
        forwarder.targetIsBack();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (!faults.strikes(boundary)) {
            return next.startCall(call, headers);
        }
        if (faults.pick(boundary, 2) == 0) {
            faults.struck(boundary + ": cut before it was handled");
            call.close(Status.UNAVAILABLE.withDescription("cut before it was handled"), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(new LostReply<>(call), headers);
    }

    private final class LostReply<Q, R> extends SimpleForwardingServerCall<Q, R> {

        LostReply(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(R message) {}

        @Override
        public void close(Status status, Metadata trailers) {
            if (status.isOk()) {
                faults.struck(boundary + ": cut after it was handled");
                super.close(Status.UNAVAILABLE.withDescription("cut after it was handled"), new Metadata());
            } else {
                super.close(status, trailers);
            }
        }
    }

    @Override
    public void close() {
        forwarder.close();
    }
}
