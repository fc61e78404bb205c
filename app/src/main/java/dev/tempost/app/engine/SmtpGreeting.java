package dev.tempost.app.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.SocketFactory;
import javax.net.ssl.SSLSocketFactory;

/**
 * Knocks at a mail server, reads its greeting and says goodbye: enough to know that somebody is at home.
 *
 * @param host the server's name
 * @param port its port
 * @param implicitTls whether TLS comes before the greeting
 * @param patienceMillis how long to wait for a connection and for the greeting, in milliseconds
 */
record SmtpGreeting(String host, int port, boolean implicitTls, int patienceMillis) implements DependencyHealth.Check {

    @Override
    public void look() throws IOException {
        SocketFactory sockets = implicitTls ? SSLSocketFactory.getDefault() : SocketFactory.getDefault();
        try (Socket socket = sockets.createSocket()) {
            socket.connect(new InetSocketAddress(host, port), patienceMillis);
            socket.setSoTimeout(patienceMillis);
            String greeting = new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
            if (greeting == null || !greeting.startsWith("220")) {
                throw new IOException(host + ":" + port + " greets with "
                        + (greeting == null ? "nothing" : greeting.substring(0, Math.min(3, greeting.length()))));
            }
            socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new IOException(host + ":" + port + ": " + e.getMessage(), e);
        }
    }
}
