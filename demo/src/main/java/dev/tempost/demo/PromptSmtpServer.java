package dev.tempost.demo;

import com.icegreen.greenmail.Managers;
import com.icegreen.greenmail.smtp.SmtpServer;
import com.icegreen.greenmail.util.ServerSetup;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;

/**
 * Sends each line at once: with Nagle's algorithm the second line of the answer to EHLO costs a new connection 40 ms.
 */
final class PromptSmtpServer extends SmtpServer {

    /** RFC 5321 4.5.3.2.7: at least five minutes. GreenMail's 30 s would cut pooled connections. */
    private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(5);

    PromptSmtpServer(ServerSetup setup, Managers managers) {
        super(setup, managers);
        setClientSocketTimeout(Math.toIntExact(IDLE_TIMEOUT.toMillis()));
    }

    @Override
    protected void handleClientSocket(Socket client) throws SocketException {
        client.setTcpNoDelay(true);
        super.handleClientSocket(client);
    }
}
