package dev.tempost.app.doctor;

import dev.tempost.app.engine.Way.Prelude;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * What a server shows of itself, trusted or not. Nothing is said to it beyond the handshake.
 *
 * @param protocol for instance {@code TLSv1.3}
 * @param certificate its own, without the chain
 */
record ServerCertificate(String protocol, X509Certificate certificate) {

    private static final int PATIENCE_MILLIS = 5000;
    private static final byte[] SSL_REQUEST =
            ByteBuffer.allocate(8).putInt(8).putInt(80877103).array();

    /**
     * Looks at it.
     *
     * @throws IOException when nobody answers, or nobody by TLS
     */
    static ServerCertificate of(InetSocketAddress server, Prelude prelude) throws IOException {
        String host = server.getHostString();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, server.getPort()), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            switch (prelude) {
                case NONE, GRPC -> {}
                case POSTGRESQL -> askPostgresql(socket);
                case STARTTLS -> startTls(socket);
            }
            try (SSLSocket tls =
                    (SSLSocket) lookingOnly().getSocketFactory().createSocket(socket, host, server.getPort(), true)) {
                if (prelude == Prelude.GRPC) {
                    SSLParameters parameters = tls.getSSLParameters();
                    parameters.setApplicationProtocols(new String[] {"h2"});
                    tls.setSSLParameters(parameters);
                }
                tls.startHandshake();
                return new ServerCertificate(tls.getSession().getProtocol(), (X509Certificate)
                        tls.getSession().getPeerCertificates()[0]);
            }
        }
    }

    private static void askPostgresql(Socket socket) throws IOException {
        socket.getOutputStream().write(SSL_REQUEST);
        if (socket.getInputStream().read() != 'S') {
            throw new IOException("PostgreSQL offers no TLS");
        }
    }

    private static void startTls(Socket socket) throws IOException {
        reply(socket, "220");
        for (String command : new String[] {"EHLO localhost", "STARTTLS"}) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            reply(socket, "2");
        }
    }

    // byte by byte: what comes after it belongs to the handshake
    private static void reply(Socket socket, String expected) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n' || line.length() < 4 || line.charAt(3) == '-'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the mail server closed the connection");
            }
            if (c == '\n') {
                line.setLength(0);
            } else {
                line.append((char) c);
            }
        }
        if (!line.toString().startsWith(expected)) {
            throw new IOException("the mail server answers " + line);
        }
    }

    private static SSLContext lookingOnly() throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    null,
                    new TrustManager[] {
                        new X509TrustManager() {
                            @Override
                            public void checkClientTrusted(X509Certificate[] chain, String type) {}

                            @Override
                            public void checkServerTrusted(X509Certificate[] chain, String type) {}

                            @Override
                            public X509Certificate[] getAcceptedIssuers() {
                                return new X509Certificate[0];
                            }
                        }
                    },
                    null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }
}
