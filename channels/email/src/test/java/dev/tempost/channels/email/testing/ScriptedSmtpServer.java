package dev.tempost.channels.email.testing;

import dev.tempost.activities.channel.testing.TestCertificate;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
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
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A small SMTP server on 127.0.0.1 that does what a script says, and otherwise accepts every mail.
 *
 * <pre>{@code
 * server.onRecipient("x@example.com").reply("451 4.7.1 greylisted").times(2);
 * server.afterDot().acceptThenClose().times(1);
 * server.atPhase(Phase.MAIL).hang();
 * server.afterDot().taking().reply("451 4.3.0 I have it, and say I have not");
 * }</pre>
 *
 * <p>The rule added first wins while it has times left. Cheap enough to serve benchmarks.
 */
public final class ScriptedSmtpServer implements AutoCloseable {

    /** What the client has just asked for. */
    public enum Phase {
        GREETING,
        EHLO,
        /** The command; the handshake comes after it. */
        STARTTLS,
        /** The first bytes of the handshake would be read now. */
        HANDSHAKE,
        AUTH,
        MAIL,
        RCPT,
        DATA,
        /** The first bytes of the message have come. */
        CONTENT,
        /** The final dot has come. */
        DATA_END,
        RSET,
        QUIT
    }

    /** A mail the server took responsibility for, and when its final dot came. */
    public record Received(String from, List<String> to, ByteArrayOutputStream content, Instant at) {

        public String raw() {
            return content.toString(StandardCharsets.UTF_8);
        }

        public MimeMessage mime() {
            try {
                return new MimeMessage(
                        Session.getInstance(new Properties()), new ByteArrayInputStream(content.toByteArray()));
            } catch (MessagingException e) {
                throw new IllegalStateException("the received mail is not MIME", e);
            }
        }
    }

    private enum Action {
        REPLY,
        CLOSE,
        RESET,
        HANG,
        GARBAGE,
        DRIP,
        SLOW,
        ACCEPT_THEN_CLOSE,
        ACCEPT_THEN_RESET,
        ACCEPT_THEN_HANG,
        ACCEPT_THEN_GARBAGE
    }

    /** What the server does at that point, for ever unless told how many times. */
    public final class Rule {

        private Phase phase;
        private final String recipient;
        private Action action;
        private String reply = "";
        private Duration pause = Duration.ZERO;
        private boolean taking;
        private boolean listed = true;
        private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);

        private Rule(Phase phase, String recipient) {
            this.phase = phase;
            this.recipient = recipient;
        }

        /** Moves a rule for a recipient to another phase; without it, it acts at RCPT. */
        public Rule at(Phase phase) {
            this.phase = phase;
            return this;
        }

        public Rule afterDot() {
            return at(Phase.DATA_END);
        }

        /** At the final dot: takes the mail first, whatever it then says or does. */
        public Rule taking() {
            taking = true;
            return this;
        }

        /** Answers with these lines; at the final dot the mail counts as received if the reply begins with 2. */
        public Rule reply(String reply) {
            this.reply = reply;
            return act(Action.REPLY);
        }

        public Rule close() {
            return act(Action.CLOSE);
        }

        /** Breaks the connection, as a crashed host or a firewall does. */
        public Rule reset() {
            return act(Action.RESET);
        }

        /** Says nothing more until the client closes the connection. */
        public Rule hang() {
            return act(Action.HANG);
        }

        /** Answers with something that is no SMTP reply. */
        public Rule garbage() {
            return act(Action.GARBAGE);
        }

        /** Answers with these lines, one byte after the other with a pause before each. */
        public Rule drip(String reply, Duration pause) {
            this.reply = reply;
            this.pause = pause;
            return act(Action.DRIP);
        }

        /** Behaves, but only after a while. */
        public Rule slow(Duration pause) {
            this.pause = pause;
            return act(Action.SLOW);
        }

        /** Takes the mail, and closes the connection instead of saying so. */
        public Rule acceptThenClose() {
            return act(Action.ACCEPT_THEN_CLOSE);
        }

        /** Takes the mail, and breaks the connection instead of saying so. */
        public Rule acceptThenReset() {
            return act(Action.ACCEPT_THEN_RESET);
        }

        /** Takes the mail, and says something that is no SMTP reply. */
        public Rule acceptThenGarbage() {
            return act(Action.ACCEPT_THEN_GARBAGE);
        }

        /** Takes the mail, and never says so. */
        public Rule acceptThenHang() {
            return act(Action.ACCEPT_THEN_HANG);
        }

        public Rule times(int times) {
            left.set(times);
            return this;
        }

        private Rule act(Action action) {
            this.action = action;
            if (listed) {
                rules.add(this);
            }
            return this;
        }

        private boolean takesTheMail() {
            return taking
                    || action == Action.ACCEPT_THEN_CLOSE
                    || action == Action.ACCEPT_THEN_RESET
                    || action == Action.ACCEPT_THEN_HANG
                    || action == Action.ACCEPT_THEN_GARBAGE
                    || ((action == Action.REPLY || action == Action.DRIP) && reply.startsWith("2"));
        }

        private boolean applies(Phase at, List<String> recipients) {
            return phase == at
                    && (recipient == null || recipients.contains(recipient))
                    && left.getAndUpdate(n -> n == Integer.MAX_VALUE ? n : Math.max(0, n - 1)) > 0;
        }
    }

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<Received> messages = new ArrayList<>();
    private final Set<Socket> conversations = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private final Queue<String> commands = new ConcurrentLinkedQueue<>();
    private volatile Function<Phase, Consumer<Rule>> whims = phase -> null;
    private volatile String extensions = "";
    private volatile String login;
    private volatile Set<String> tokens;
    private volatile SSLContext certificate;
    private volatile boolean tlsFromTheStart;
    private volatile ServerSocket listener;
    private Thread acceptor;
    private volatile int port;

    /** A server that is listening. */
    public static ScriptedSmtpServer listening() {
        var server = new ScriptedSmtpServer();
        server.start();
        return server;
    }

    public int port() {
        return port;
    }

    public String host() {
        return "127.0.0.1";
    }

    /** Starts at RCPT for that recipient; see {@link Rule#at}. */
    public Rule onRecipient(String address) {
        return new Rule(Phase.RCPT, address);
    }

    public Rule atPhase(Phase phase) {
        return new Rule(phase, null);
    }

    public Rule afterDot() {
        return atPhase(Phase.DATA_END);
    }

    /**
     * Asks, at each phase that no rule is for, what to do this once.
     *
     * @param whims from a phase to what makes a rule for it; to null to behave
     */
    public ScriptedSmtpServer withWhims(Function<Phase, Consumer<Rule>> whims) {
        this.whims = whims;
        return this;
    }

    /** Offers this in the answer to EHLO as well, for instance {@code SMTPUTF8}. */
    public ScriptedSmtpServer offering(String extension) {
        extensions = extensions + "250-" + extension + "\r\n";
        return this;
    }

    /** Offers STARTTLS with that certificate. */
    public ScriptedSmtpServer offeringStartTls(TestCertificate certificate) {
        this.certificate = certificate.server();
        return this;
    }

    /** Speaks TLS from the first byte on. */
    public ScriptedSmtpServer speakingTls(TestCertificate certificate) {
        this.certificate = certificate.server();
        tlsFromTheStart = true;
        return this;
    }

    /** Offers AUTH PLAIN and knows one user. */
    public ScriptedSmtpServer requiringLogin(String user, String password) {
        login = "\0" + user + "\0" + password;
        return offering("AUTH PLAIN");
    }

    /** Offers AUTH XOAUTH2 and takes these access tokens of that user, and no others from now on. */
    public ScriptedSmtpServer takingTokens(String user, String... accessTokens) {
        if (tokens == null) {
            offering("AUTH XOAUTH2");
        }
        tokens = Arrays.stream(accessTokens)
                .map(token -> "user=" + user + "\1auth=Bearer " + token + "\1\1")
                .collect(Collectors.toSet());
        return this;
    }

    /** Forgets the script. */
    public void behave() {
        rules.clear();
    }

    /** Forgets the mails and the commands, for long benchmarks. */
    public void forgetMessages() {
        commands.clear();
        synchronized (messages) {
            messages.clear();
        }
    }

    public List<Received> messages() {
        synchronized (messages) {
            return List.copyOf(messages);
        }
    }

    public int received() {
        synchronized (messages) {
            return messages.size();
        }
    }

    public long received(String recipient) {
        synchronized (messages) {
            return messages.stream().filter(m -> m.to().contains(recipient)).count();
        }
    }

    /** How many connections were ever made. */
    public int connections() {
        return connections.get();
    }

    /** Every command line ever received, in order; not the contents of mails. */
    public List<String> commands() {
        return List.copyOf(commands);
    }

    public int openConnections() {
        return conversations.size();
    }

    /** Waits for that many mails at least; an assertion error says how many came. */
    public List<Received> awaitMessages(int count, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        synchronized (messages) {
            while (messages.size() < count) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError(
                            "expected " + count + " mails within " + timeout + ", got " + messages.size());
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(messages, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new AssertionError("interrupted while waiting for mails", e);
                }
            }
            return List.copyOf(messages);
        }
    }

    /** Listens, on the same port as before if it had one. */
    public synchronized void start() {
        if (listener != null) {
            return;
        }
        try {
            var socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(LOOPBACK, port), 1024);
            port = socket.getLocalPort();
            listener = socket;
            acceptor = Thread.ofVirtual().name("smtp-server-" + port).start(() -> accept(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Goes away with all its connections: new ones are refused. */
    public synchronized void stop() {
        ServerSocket socket = listener;
        listener = null;
        try {
            if (socket != null) {
                socket.close();
                // a thread in accept() keeps the port open until it has woken up
                acceptor.join();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        dropConnections();
    }

    /** Closes every connection, as servers do with idle ones, and keeps listening. */
    public void dropConnections() {
        for (Socket conversation : conversations) {
            try {
                conversation.close();
            } catch (IOException e) {
                // closed already
            }
        }
    }

    @Override
    public void close() {
        stop();
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                client.setTcpNoDelay(true);
                conversations.add(client);
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                // stopped
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            if (listener != null) {
                new Conversation(client).run();
            }
        } catch (IOException | Hangup e) {
            // the client or the script ended it
        } finally {
            conversations.remove(client);
        }
    }

    private void keep(Received message) {
        synchronized (messages) {
            messages.add(message);
            messages.notifyAll();
        }
    }

    /** The script ended the conversation. */
    private static final class Hangup extends RuntimeException {
        Hangup() {
            super(null, null, false, false);
        }
    }

    private final class Conversation {

        private final Socket connection;
        private BufferedInputStream in;
        private OutputStream out;
        private boolean encrypted;
        private String from = "";
        private List<String> to = new ArrayList<>();

        Conversation(Socket client) throws IOException {
            this.connection = client;
            talkOver(client);
        }

        private void talkOver(Socket socket) throws IOException {
            in = new BufferedInputStream(socket.getInputStream(), 16384);
            out = socket.getOutputStream();
        }

        void run() throws IOException {
            if (tlsFromTheStart) {
                encrypt();
            }
            if (!scripted(Phase.GREETING)) {
                say("220 localhost ESMTP scripted");
            }
            for (String line = line(); line != null; line = line()) {
                commands.add(line);
                String verb = line.length() < 4 ? line : line.substring(0, 4).toUpperCase(Locale.ROOT);
                switch (verb) {
                    case "EHLO", "HELO" -> ehlo();
                    case "STAR" -> {
                        if (!scripted(Phase.STARTTLS)) {
                            startTls();
                        }
                    }
                    case "AUTH" -> auth(line);
                    case "MAIL" -> mail(line);
                    case "RCPT" -> rcpt(line);
                    case "DATA" -> data();
                    case "RSET" -> {
                        if (!scripted(Phase.RSET)) {
                            forget();
                            say("250 2.0.0 reset");
                        }
                    }
                    case "NOOP" -> say("250 2.0.0 still here");
                    case "QUIT" -> {
                        if (!scripted(Phase.QUIT)) {
                            say("221 2.0.0 bye");
                        }
                        return;
                    }
                    default -> say("502 5.5.1 unknown command");
                }
            }
        }

        private void ehlo() throws IOException {
            if (!scripted(Phase.EHLO)) {
                String startTls = certificate == null || encrypted ? "" : "250-STARTTLS\r\n";
                say("250-localhost\r\n" + startTls + extensions + "250 8BITMIME");
            }
        }

        private void startTls() throws IOException {
            if (certificate == null || encrypted) {
                say("502 5.5.1 unknown command");
                return;
            }
            say("220 2.0.0 go ahead");
            encrypt();
            forget();
        }

        private void encrypt() throws IOException {
            scripted(Phase.HANDSHAKE);
            var tls = (SSLSocket) certificate
                    .getSocketFactory()
                    .createSocket(connection, connection.getInetAddress().getHostAddress(), connection.getPort(), true);
            tls.setUseClientMode(false);
            tls.startHandshake();
            encrypted = true;
            talkOver(tls);
        }

        private void auth(String line) throws IOException {
            if (scripted(Phase.AUTH)) {
                return;
            }
            if (line.startsWith("AUTH XOAUTH2 ") && !isToken(line)) {
                say("334 "
                        + Base64.getEncoder().encodeToString("{\"status\":\"400\"}".getBytes(StandardCharsets.UTF_8)));
                String answer = line();
                commands.add(String.valueOf(answer));
                say("".equals(answer) ? "535 5.7.8 credentials rejected" : "501 5.5.2 an empty line was expected");
            } else {
                say(isToken(line) || isLogin(line) ? "235 2.7.0 welcome" : "535 5.7.8 credentials rejected");
            }
        }

        private boolean isLogin(String line) {
            byte[] given = Base64.getDecoder().decode(line.substring(line.lastIndexOf(' ') + 1));
            return login != null && new String(given, StandardCharsets.UTF_8).endsWith(login);
        }

        private boolean isToken(String line) {
            return tokens != null
                    && line.startsWith("AUTH XOAUTH2 ")
                    && tokens.contains(new String(
                            Base64.getDecoder().decode(line.substring(line.lastIndexOf(' ') + 1)),
                            StandardCharsets.UTF_8));
        }

        private void mail(String line) throws IOException {
            if (!scripted(Phase.MAIL)) {
                if (!from.isEmpty()) {
                    say("503 5.5.1 nested MAIL");
                } else {
                    from = address(line);
                    say("250 2.1.0 ok");
                }
            }
        }

        private void rcpt(String line) throws IOException {
            to.add(address(line));
            if (scripted(Phase.RCPT)) {
                to.removeLast();
            } else {
                say("250 2.1.5 ok");
            }
        }

        private void data() throws IOException {
            if (scripted(Phase.DATA)) {
                return;
            }
            say("354 go ahead");
            var content = new ByteArrayOutputStream(4096);
            readContent(content);
            var received = new Received(from, to, content, Instant.now());
            Rule rule = ruleFor(Phase.DATA_END);
            forget();
            if (rule != null && rule.action == Action.SLOW) {
                act(rule);
            }
            if (rule == null || rule.action == Action.SLOW) {
                keep(received);
                say("250 2.0.0 Ok: queued as " + Integer.toHexString(System.identityHashCode(received)) + "-"
                        + received());
                return;
            }
            if (rule.takesTheMail()) {
                keep(received);
            }
            act(rule);
        }

        /** Reads up to the final dot, and takes back the dots that the client doubled. */
        private void readContent(ByteArrayOutputStream content) throws IOException {
            boolean lineStart = true;
            boolean first = true;
            while (true) {
                int b = in.read();
                if (b < 0) {
                    throw new Hangup();
                }
                if (first) {
                    first = false;
                    Rule rule = ruleFor(Phase.CONTENT);
                    if (rule != null) {
                        act(rule);
                    }
                }
                if (lineStart && b == '.') {
                    b = in.read();
                    if (b == '\r') {
                        in.read();
                        return;
                    }
                }
                content.write(b);
                lineStart = b == '\n';
            }
        }

        private void forget() {
            from = "";
            to = new ArrayList<>();
        }

        private boolean scripted(Phase phase) throws IOException {
            Rule rule = ruleFor(phase);
            if (rule == null) {
                return false;
            }
            act(rule);
            return rule.action != Action.SLOW;
        }

        private Rule ruleFor(Phase phase) {
            for (Rule rule : rules) {
                if (rule.applies(phase, to)) {
                    return rule;
                }
            }
            Consumer<Rule> whim = whims.apply(phase);
            if (whim == null) {
                return null;
            }
            var rule = new Rule(phase, null);
            rule.listed = false;
            whim.accept(rule);
            return rule;
        }

        private void act(Rule rule) throws IOException {
            switch (rule.action) {
                case REPLY -> {
                    say(rule.reply.replaceAll("\r?\n", "\r\n"));
                    if (rule.reply.startsWith("421")) {
                        throw new Hangup();
                    }
                }
                case GARBAGE, ACCEPT_THEN_GARBAGE -> say("?!* this is not SMTP");
                case CLOSE, ACCEPT_THEN_CLOSE -> throw new Hangup();
                case RESET, ACCEPT_THEN_RESET -> {
                    connection.setSoLinger(true, 0);
                    connection.close();
                    throw new Hangup();
                }
                case DRIP -> drip(rule.reply, rule.pause);
                case SLOW -> {
                    try {
                        Thread.sleep(rule.pause);
                    } catch (InterruptedException e) {
                        throw new Hangup();
                    }
                }
                case HANG, ACCEPT_THEN_HANG -> {
                    while (in.read() >= 0) {
                        // whatever it says
                    }
                    throw new Hangup();
                }
            }
        }

        private void drip(String reply, Duration pause) throws IOException {
            try {
                for (byte b : (reply.replaceAll("\r?\n", "\r\n") + "\r\n").getBytes(StandardCharsets.UTF_8)) {
                    TimeUnit.NANOSECONDS.sleep(pause.toNanos());
                    out.write(b);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Hangup();
            }
        }

        private void say(String lines) throws IOException {
            out.write((lines + "\r\n").getBytes(StandardCharsets.UTF_8));
        }

        private String line() throws IOException {
            var line = new ByteArrayOutputStream(64);
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    return null;
                }
                if (b != '\r') {
                    line.write(b);
                }
            }
            return line.toString(StandardCharsets.UTF_8);
        }

        private static String address(String line) {
            int open = line.indexOf('<');
            int close = line.lastIndexOf('>');
            return open < 0 || close < open ? "" : line.substring(open + 1, close);
        }
    }
}
