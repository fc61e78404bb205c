package dev.tempost.channels.email;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/** Makes the sockets of one transport and remembers the last, so that any thread can end its conversation. */
final class AbortableSockets extends SocketFactory {

    private @Nullable Socket current;
    private boolean aborted;

    @Override
    public synchronized Socket createSocket() throws IOException {
        if (aborted) {
            throw new SocketException("The attempt's deadline has passed");
        }
        var socket = new Socket();
        // the last packet of a mail must not wait for the server to acknowledge the one before
        socket.setTcpNoDelay(true);
        current = socket;
        return socket;
    }

    /** Closes the connection under whoever reads or writes, and refuses another one until {@link #allow}. */
    synchronized void abort() {
        aborted = true;
        close();
    }

    synchronized void allow() {
        aborted = false;
    }

    synchronized void close() {
        Socket socket = current;
        current = null;
        if (socket != null) {
            try {
                socket.close();
            } catch (IOException e) {
                // it is as good as closed
            }
        }
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("Angus Mail connects the socket itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException("Angus Mail connects the socket itself");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("Angus Mail connects the socket itself");
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException("Angus Mail connects the socket itself");
    }
}
