package dev.tempost.channels.email.login;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tempost.activities.reply.Mask;
import dev.tempost.activities.reply.Personal;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks for access tokens, as RFC 6749 has it. It follows no redirect: the secrets are for nobody else. */
final class TokenEndpoint {

    private static final int LONGEST_ANSWER = 64 << 10;
    private static final Duration USUAL_LIFE = Duration.ofMinutes(5);
    private static final Duration LONGEST_LIFE = Duration.ofDays(1);
    private static final ObjectMapper JSON = new ObjectMapper();
    // what may go into the command AUTH, where a control character would end it
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,16384}");
    private static final Pattern ERROR = Pattern.compile("[a-z_]{1,40}");
    private static final Pattern ENTRA = Pattern.compile("\\bAADSTS\\d{4,8}\\b");

    private final Duration patience;
    private final HttpClient http;

    /** @param patience how long one answer may take altogether */
    TokenEndpoint(Duration patience) {
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(patience)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /**
     * Asks once.
     *
     * @throws LoginRefused when it says that it will not, whoever asks again
     * @throws IOException when it does not answer, or not now
     */
    AccessToken fetch(TokenRequest request, Instant now) throws LoginRefused, IOException {
        HttpResponse<String> answer = answer(request);
        JsonNode body = json(answer.body());
        if (answer.statusCode() == 200) {
            return token(request, body, now);
        }
        String error = body.path("error").asText();
        String says = "the token endpoint " + request.endpoint().getHost() + " answers " + answer.statusCode()
                + (ERROR.matcher(error).matches() ? " " + error : "") + entra(body);
        if (isForNow(answer.statusCode(), error)) {
            throw new TokenEndpointAway(says);
        }
        throw new LoginRefused(says + described(body) + ": " + remedy(error));
    }

    private HttpResponse<String> answer(TokenRequest request) throws IOException {
        HttpRequest post = HttpRequest.newBuilder(request.endpoint())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(form(request)))
                .build();
        CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                post, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), LONGEST_ANSWER));
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new SocketTimeoutException("no answer in " + patience.toMillis() + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    /** As a socket would have said it. */
    private static IOException failure(@Nullable Throwable cause) {
        if (cause instanceof HttpTimeoutException) {
            return new SocketTimeoutException("no connection in time");
        }
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof UnresolvedAddressException) {
                return new UnknownHostException();
            }
        }
        return cause instanceof IOException io ? io : new IOException(cause);
    }

    private static String form(TokenRequest request) {
        return request.form().entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private static AccessToken token(TokenRequest request, JsonNode body, Instant now) throws IOException {
        String value = body.path("access_token").asText();
        if (!TOKEN.matcher(value).matches()) {
            throw new TokenEndpointAway(
                    "the token endpoint " + request.endpoint().getHost() + " gives no access token");
        }
        // a number, but some write it as text
        long seconds = body.path("expires_in").asLong(USUAL_LIFE.toSeconds());
        return AccessToken.of(
                value, request.basis(), now, Duration.ofSeconds(Math.clamp(seconds, 0, LONGEST_LIFE.toSeconds())));
    }

    private static JsonNode json(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    private static boolean isForNow(int status, String error) {
        return status >= 500
                || status == 408
                || status == 429
                || (status >= 200 && status < 300)
                || error.equals("temporarily_unavailable");
    }

    private static String entra(JsonNode body) {
        Matcher code = ENTRA.matcher(body.path("error_description").asText());
        return code.find() ? " " + code.group() : "";
    }

    private static String described(JsonNode body) {
        String description =
                body.path("error_description").asText().lines().findFirst().orElse("");
        return description.isEmpty() ? "" : " (" + new Mask(Personal.NOTHING).apply(description) + ")";
    }

    private static String remedy(String error) {
        return switch (error) {
            case "invalid_grant" -> "the grant has expired or was revoked: give a new refresh token or key";
            case "invalid_client", "unauthorized_client" -> "correct the client's id, secret or rights";
            case "invalid_scope" -> "correct the scope";
            default -> "correct the provider's oauth settings";
        };
    }
}
