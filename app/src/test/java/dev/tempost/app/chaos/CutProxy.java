package dev.tempost.app.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * Stands before a server that answers one request after the other, and cuts connections: before a request reached the
 * server, or after it did and before its reply came back.
 */
final class CutProxy implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    /** What becomes of one request. */
    enum Cut {
        NONE,
        BEFORE_IT_WAS_HANDLED,
        AFTER_IT_WAS_HANDLED
    }

    /** Decides, from the bytes of a request. */
    interface Cuts {
        Cut of(byte[] request);
    }

    private final int target;
    private final Cuts cuts;
    private final ServerSocket listener;

    CutProxy(int target, Cuts cuts) {
        this.target = target;
        this.cuts = cuts;
        try {
            this.listener = new ServerSocket(0, 256, LOOPBACK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("cut-proxy").start(this::accept);
    }

    /** At random, before and after in equal shares. */
    static Cuts random(String boundary, Faults faults) {
        return request -> {
            if (!faults.strikes(boundary)) {
                return Cut.NONE;
            }
            if (faults.pick(boundary, 2) == 0) {
                faults.struck(boundary + ": cut before it was handled");
                return Cut.BEFORE_IT_WAS_HANDLED;
            }
            faults.struck(boundary + ": cut after it was handled");
            return Cut.AFTER_IT_WAS_HANDLED;
        };
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> new Connection(client).run());
            } catch (IOException e) {
                // closed
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private final class Connection {

        private final Socket client;
        private final Socket server = new Socket();
        private volatile boolean dropReply;

        Connection(Socket client) {
            this.client = client;
        }

        void run() {
            try (client;
                    server) {
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                server.connect(new InetSocketAddress(LOOPBACK, target), 5_000);
                Thread replies = Thread.ofVirtual().start(this::copyReplies);
                copyRequests();
                replies.join();
            } catch (IOException e) {
                // the server is away, or one side has hung up
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void copyRequests() throws IOException {
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            byte[] buffer = new byte[65536];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                Cut cut = cuts.of(Arrays.copyOf(buffer, n));
                if (cut == Cut.BEFORE_IT_WAS_HANDLED) {
                    break;
                }
                if (cut == Cut.AFTER_IT_WAS_HANDLED) {
                    dropReply = true;
                }
                out.write(buffer, 0, n);
            }
            hangUp();
        }

        private void copyReplies() {
            try {
                InputStream in = server.getInputStream();
                OutputStream out = client.getOutputStream();
                byte[] buffer = new byte[65536];
                for (int n = in.read(buffer); n >= 0 && !dropReply; n = in.read(buffer)) {
                    out.write(buffer, 0, n);
                }
            } catch (IOException e) {
                // hung up
            }
            hangUp();
        }

        private void hangUp() {
            try (client;
                    server) {
                if (dropReply) {
                    client.setSoLinger(true, 0);
                }
            } catch (IOException e) {
                // closed already
            }
        }
    }
}
