package dev.tempost.channels.webhook.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Takes requests and answers them as it is told; when told nothing, by 200. Speaks just enough HTTP for that. */
public final class Receiver implements AutoCloseable {

    /**
     * One request.
     *
     * @param target its path and query
     * @param headers by their names in lower case
     */
    public record Request(String method, String target, Map<String, String> headers, String body) {

        /** A header; empty when there is none. */
        public String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }
    }

    /** What becomes of a request. */
    public interface Answer {
        /** Writes what is to be written; the connection is kept unless it was closed. */
        void write(Socket socket) throws IOException;

        /** And then the connection ends. */
        default Answer andHangUp() {
            return socket -> {
                write(socket);
                socket.close();
            };
        }

        /** And then not a word more. */
        default Answer andSilence() {
            return socket -> {
                write(socket);
                silence().write(socket);
            };
        }
    }

    private final ServerSocket server;
    private final String scheme;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Queue<Answer> once = new ConcurrentLinkedQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private final Thread acceptor;
    private volatile Answer always = status(200, "");

    private Receiver(@Nullable SSLContext tls, int port) {
        ServerSocketFactory sockets = tls == null ? ServerSocketFactory.getDefault() : tls.getServerSocketFactory();
        this.scheme = tls == null ? "http" : "https";
        try {
            server = sockets.createServerSocket(port, 50, InetAddress.ofLiteral("127.0.0.1"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        acceptor = Thread.ofVirtual().start(this::accept);
    }

    /** One on this machine, in plain text. */
    public static Receiver listening() {
        return new Receiver(null, 0);
    }

    /** One that comes back where another one was. */
    public static Receiver listeningAt(int port) {
        return new Receiver(null, port);
    }

    /** One that speaks TLS. */
    public static Receiver listening(SSLContext tls) {
        return new Receiver(tls, 0);
    }

    /** An answer with a status and a text. */
    public static Answer status(int status, String text, String... headers) {
        return socket -> {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            StringBuilder head =
                    new StringBuilder("HTTP/1.1 " + status + " as told\r\nContent-Length: " + body.length + "\r\n");
            for (String header : headers) {
                head.append(header).append("\r\n");
            }
            raw(socket, head + "\r\n");
            socket.getOutputStream().write(body);
            socket.getOutputStream().flush();
        };
    }

    /** Just these characters. */
    public static Answer raw(String text) {
        return socket -> raw(socket, text);
    }

    private static void raw(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Not a word, until the other side closes. */
    public static Answer silence() {
        return socket -> {
            while (socket.getInputStream().read() >= 0) {
                // nothing comes
            }
            socket.close();
        };
    }

    /** Some characters, and then those of another text again and again, until the other side closes. */
    public static Answer endless(String head, String again) {
        return socket -> {
            raw(socket, head);
            while (true) {
                raw(socket, again);
            }
        };
    }

    /** The connection ends without an answer. */
    public static Answer hangUp() {
        return Socket::close;
    }

    /** From now on every request gets this. */
    public Receiver always(Answer answer) {
        always = answer;
        return this;
    }

    /** The next request that gets nothing else gets this. */
    public Receiver once(Answer answer) {
        once.add(answer);
        return this;
    }

    /** Where it is. */
    public String url(String path) {
        return scheme + "://127.0.0.1:" + server.getLocalPort() + path;
    }

    /** Its port. */
    public int port() {
        return server.getLocalPort();
    }

    /** What arrived as a whole. */
    public List<Request> requests() {
        return requests;
    }

    /** How many connections were made to it. */
    public int connections() {
        return accepted.size();
    }

    /** How many of them are still open. */
    public int openConnections() {
        return open.size();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                accepted.add(socket);
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                // it is closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            while (!socket.isClosed()) {
                Request request = read(socket.getInputStream());
                if (request == null) {
                    return;
                }
                requests.add(request);
                Answer next = once.poll();
                (next == null ? always : next).write(socket);
            }
        } catch (IOException e) {
            // the other side has gone, or this one was stopped
        } finally {
            open.remove(socket);
        }
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.write(next);
        }
        List<String> lines = head.toString(StandardCharsets.ISO_8859_1).lines().toList();
        Map<String, String> headers = new TreeMap<>();
        lines.stream().skip(1).filter(line -> !line.isEmpty()).forEach(line -> {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        });
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            return null;
        }
        String first = lines.getFirst();
        int blank = first.indexOf(' ');
        return new Request(
                first.substring(0, blank),
                first.substring(blank + 1, first.lastIndexOf(' ')),
                headers,
                new String(body, StandardCharsets.UTF_8));
    }

    /** Nobody is there any more. */
    @Override
    public void close() {
        try {
            server.close();
            // until then the socket takes connections
            acceptor.join();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
