package dev.tempost.demo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A mail server on loopback that takes its time: it answers the final dot of each mail after a while, many mails at once. It
 * keeps no mail, only when it accepted which.
 */
final class SlowSink implements AutoCloseable {

    /**
     * A mail that was accepted.
     *
     * @param to its first recipient
     * @param at when its acceptance was sent
     */
    record Accepted(String to, Instant at) {}

    private final ServerSocket server;
    private final List<Accepted> accepted = new ArrayList<>();
    private volatile Duration perMail = Duration.ZERO;

    SlowSink() throws IOException {
        server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("tempost-sink").start(this::listen);
    }

    int port() {
        return server.getLocalPort();
    }

    /** How long each mail takes from now on. */
    void take(Duration perMail) {
        this.perMail = perMail;
    }

    /** Forgets what it has accepted. */
    void forget() {
        synchronized (accepted) {
            accepted.clear();
        }
    }

    /** What it has accepted, in that order. */
    List<Accepted> accepted() {
        synchronized (accepted) {
            return List.copyOf(accepted);
        }
    }

    private void listen() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> converse(client));
            } catch (IOException e) {
                if (!server.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void converse(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
            OutputStream out = client.getOutputStream();
            reply(out, "220 sink");
            String to = "";
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String command = line.toUpperCase(Locale.ROOT);
                if (command.startsWith("RCPT TO:")) {
                    to = line.substring(line.indexOf('<') + 1, line.indexOf('>'));
                    reply(out, "250 ok");
                } else if (command.equals("DATA")) {
                    reply(out, "354 go on");
                    receive(in, to);
                    reply(out, "250 accepted");
                } else if (command.equals("QUIT")) {
                    reply(out, "221 bye");
                    return;
                } else {
                    reply(out, "250 ok");
                }
            }
        } catch (IOException gone) {
            // whoever cuts the connection is not waiting for an answer
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void receive(BufferedReader in, String to) throws IOException, InterruptedException {
        for (String line = in.readLine(); !".".equals(line); line = in.readLine()) {
            if (line == null) {
                throw new IOException("cut off in the middle of a mail");
            }
        }
        Thread.sleep(perMail);
        synchronized (accepted) {
            accepted.add(new Accepted(to, Instant.now()));
        }
    }

    private static void reply(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
