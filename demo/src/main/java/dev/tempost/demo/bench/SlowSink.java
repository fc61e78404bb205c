package dev.tempost.demo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * A mail server on loopback that takes its time: it answers the final dot of each mail after a while, many mails at once. It
 * keeps no mail, only when it accepted which.
 */
public final class SlowSink implements AutoCloseable {

    /**
     * A mail that was accepted.
     *
     * @param to its first recipient
     * @param at when its acceptance was sent
     */
    public record Accepted(String to, Instant at) {}

    private final int port;
    private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
    private final List<Accepted> accepted = new ArrayList<>();
    private volatile ServerSocket server;
    private volatile CountDownLatch held = new CountDownLatch(0);
    private volatile Duration perMail = Duration.ZERO;

    public SlowSink() throws IOException {
        server = listen(0);
        port = server.getLocalPort();
    }

    public int port() {
        return port;
    }

    /** How long each mail takes from now on. */
    public void take(Duration perMail) {
        this.perMail = perMail;
    }

    /** Refuses connections from now on, and cuts those there are: what was on its way is not accepted. */
    public void down() throws IOException {
        server.close();
        for (Socket client : clients) {
            client.close();
        }
    }

    /** Is there again, on the same port. */
    public void up() throws IOException {
        if (server.isClosed()) {
            server = listen(port);
        }
    }

    /** Accepts no mail until it is released. */
    public void hold() {
        held = new CountDownLatch(1);
    }

    /** Accepts what waits, each mail after its time. */
    public void release() {
        held.countDown();
    }

    /** Forgets what it has accepted. */
    public void forget() {
        synchronized (accepted) {
            accepted.clear();
        }
    }

    /** What it has accepted, in that order. */
    public List<Accepted> accepted() {
        synchronized (accepted) {
            return List.copyOf(accepted);
        }
    }

    private ServerSocket listen(int port) throws IOException {
        ServerSocket listening = new ServerSocket();
        listening.setReuseAddress(true);
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
        Thread.ofVirtual().name("tempost-sink").start(() -> accept(listening));
        return listening;
    }

    private void accept(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                clients.add(client);
                Thread.ofVirtual().start(() -> converse(client));
            } catch (IOException e) {
                if (!listening.isClosed()) {
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
                    receive(client, in, to);
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
        } finally {
            clients.remove(client);
        }
    }

    private void receive(Socket client, BufferedReader in, String to) throws IOException, InterruptedException {
        for (String line = in.readLine(); !".".equals(line); line = in.readLine()) {
            if (line == null) {
                throw new IOException("cut off in the middle of a mail");
            }
        }
        held.await();
        Thread.sleep(perMail);
        if (client.isClosed()) {
            throw new IOException("cut off before its acceptance");
        }
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
