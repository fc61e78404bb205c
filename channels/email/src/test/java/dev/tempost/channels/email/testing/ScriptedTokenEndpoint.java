package dev.tempost.channels.email.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.tempost.activities.channel.testing.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Issues access tokens on 127.0.0.1 as it is told to. */
public final class ScriptedTokenEndpoint implements AutoCloseable {

    /** What it says. */
    public record Answer(int status, String body) {

        /** A token that lives for so many seconds. */
        public static Answer token(String token, int seconds) {
            return new Answer(
                    200,
                    "{\"access_token\": \"" + token + "\", \"token_type\": \"Bearer\", \"expires_in\": " + seconds
                            + "}");
        }

        /** A refusal. */
        public static Answer error(int status, String error, String description) {
            return new Answer(status, "{\"error\": \"" + error + "\", \"error_description\": \"" + description + "\"}");
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Map<String, String>> requests = new CopyOnWriteArrayList<>();
    private volatile Function<Map<String, String>, Answer> script;

    private ScriptedTokenEndpoint(Function<Map<String, String>, Answer> script, TestCertificate certificate) {
        this.script = script;
        InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
        try {
            if (certificate == null) {
                server = HttpServer.create(address, 0);
            } else {
                HttpsServer https = HttpsServer.create(address, 0);
                https.setHttpsConfigurator(new HttpsConfigurator(certificate.server()));
                server = https;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/token", this::serve);
        server.start();
    }

    /** One that answers so. */
    public static ScriptedTokenEndpoint answering(Function<Map<String, String>, Answer> script) {
        return new ScriptedTokenEndpoint(script, null);
    }

    /** The same by TLS. */
    public static ScriptedTokenEndpoint answering(
            TestCertificate certificate, Function<Map<String, String>, Answer> script) {
        return new ScriptedTokenEndpoint(script, certificate);
    }

    /** Answers so from now on. */
    public void answer(Function<Map<String, String>, Answer> script) {
        this.script = script;
    }

    public URI uri() {
        return URI.create((server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:"
                + server.getAddress().getPort() + "/token");
    }

    /** The forms it was asked with. */
    public List<Map<String, String>> requests() {
        return List.copyOf(requests);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Map<String, String> fields = new HashMap<>();
            for (String field : form.split("&", -1)) {
                int equals = field.indexOf('=');
                fields.put(
                        field.substring(0, equals),
                        URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
            }
            requests.add(fields);
            Answer answer = script.apply(fields);
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            if (answer.status() / 100 == 3) {
                exchange.getResponseHeaders().set("Location", uri().toString());
            }
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }
}
