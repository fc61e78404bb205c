package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.access.Tokens.Role;
import dev.tempost.outbox.rows.RowStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The ops API and the console on the real thing: PostgreSQL, Temporal, a mail server, and requests over HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpsApiTest {

    private static final JsonMapper JSON = new JsonMapper();

    /** Who may call what, at least; nobody but those in this table exists. */
    private static final Map<String, String> ALLOWED = Map.ofEntries(
            Map.entry("GET /ops/outbox", "VIEWER"),
            Map.entry("GET /ops/outbox/{id}", "VIEWER"),
            Map.entry("GET /ops/outbox/{id}/content", "OPERATOR"),
            Map.entry("GET /ops/outbox/{id}/message", "OPERATOR"),
            Map.entry("POST /ops/outbox/{id}/retry", "OPERATOR"),
            Map.entry("POST /ops/outbox/{id}/dismiss", "OPERATOR"),
            Map.entry("POST /ops/outbox/{id}/cancel", "OPERATOR"),
            Map.entry("POST /ops/outbox/{id}/send-now", "OPERATOR"),
            Map.entry("POST /ops/outbox/{id}/snooze", "OPERATOR"),
            Map.entry("POST /ops/outbox/{id}/resend", "OPERATOR"),
            Map.entry("PATCH /ops/outbox/{id}", "OPERATOR"),
            Map.entry("GET /ops/dead-letters", "VIEWER"),
            Map.entry("GET /ops/backlog", "VIEWER"),
            Map.entry("GET /ops/pauses", "VIEWER"),
            Map.entry("POST /ops/pauses", "OPERATOR"),
            Map.entry("DELETE /ops/pauses", "OPERATOR"),
            Map.entry("GET /ops/providers", "VIEWER"),
            Map.entry("POST /ops/providers/{name}/hurry", "OPERATOR"),
            Map.entry("POST /ops/providers/{name}/hold", "OPERATOR"),
            Map.entry("GET /ops/shards", "OPERATOR"),
            Map.entry("GET /ops/audit", "VIEWER"),
            Map.entry("GET /ops/bulk", "VIEWER"),
            Map.entry("POST /ops/bulk", "OPERATOR"),
            Map.entry("POST /ops/bulk/preview", "OPERATOR"),
            Map.entry("GET /ops/bulk/{id}", "VIEWER"),
            Map.entry("POST /ops/bulk/{id}/cancel", "OPERATOR"),
            Map.entry("GET /ops/suppressions", "OPERATOR"),
            Map.entry("POST /ops/suppressions", "OPERATOR"),
            Map.entry("DELETE /ops/suppressions", "OPERATOR"),
            Map.entry("GET /ops/tokens", "ADMIN"),
            Map.entry("POST /ops/tokens", "ADMIN"),
            Map.entry("DELETE /ops/tokens/{name}", "ADMIN"),
            Map.entry("GET /ops/openapi", "VIEWER"),
            Map.entry("GET /ops/openapi.yaml", "VIEWER"),
            Map.entry("POST /admin/process-outbox", "OPERATOR"),
            Map.entry("GET /console", "VIEWER"),
            Map.entry("GET /console/live", "VIEWER"),
            Map.entry("GET /console/dead-letters", "VIEWER"),
            Map.entry("GET /console/outbox", "VIEWER"),
            Map.entry("GET /console/outbox/{id}", "VIEWER"),
            Map.entry("GET /console/outbox/{id}/content", "OPERATOR"),
            Map.entry("GET /console/outbox/{id}/message", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/retry", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/dismiss", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/cancel", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/send-now", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/snooze", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/resend", "OPERATOR"),
            Map.entry("POST /console/outbox/{id}/correct", "OPERATOR"),
            Map.entry("GET /console/bulk", "VIEWER"),
            Map.entry("GET /console/bulk/new", "VIEWER"),
            Map.entry("POST /console/bulk", "OPERATOR"),
            Map.entry("GET /console/bulk/{id}", "VIEWER"),
            Map.entry("GET /console/bulk/{id}/live", "VIEWER"),
            Map.entry("POST /console/bulk/{id}/cancel", "OPERATOR"),
            Map.entry("GET /console/providers", "VIEWER"),
            Map.entry("POST /console/providers/hurry", "OPERATOR"),
            Map.entry("POST /console/providers/hold", "OPERATOR"),
            Map.entry("GET /console/pauses", "VIEWER"),
            Map.entry("POST /console/pauses", "OPERATOR"),
            Map.entry("POST /console/pauses/resume", "OPERATOR"),
            Map.entry("GET /console/shards", "OPERATOR"),
            Map.entry("GET /console/audit", "VIEWER"),
            Map.entry("POST /console/logout", "VIEWER"),
            Map.entry("GET /console/login", "ANYBODY"),
            Map.entry("POST /console/login", "ANYBODY"),
            Map.entry("GET /console/login/done", "ANYBODY"),
            Map.entry("GET /console/assets/console.css", "ANYBODY"),
            Map.entry("GET /console/assets/htmx.js", "ANYBODY"));

    private static final Pattern CSRF = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");

    private final KeyPair issuer = keys();
    private final Installation tempost = new Installation()
            .migrated()
            .with("spring.security.oauth2.resourceserver.jwt.public-key-location", publicKey(issuer));
    private final ConfigurableApplicationContext context = tempost.startWithWeb();
    private final String base = "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
    private final HttpClient http =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
    private final Map<Role, String> tokens = new HashMap<>();

    OpsApiTest() {
        for (Role role : Role.values()) {
            tokens.put(
                    role,
                    Objects.requireNonNull(
                            new Tokens(tempost.dataSource()).create("test-" + role.word(), role, null, "test")));
        }
    }

    @AfterAll
    void stop() {
        tempost.close();
    }

    private HttpResponse<String> send(
            @Nullable String token, String method, String path, @Nullable String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> operator(String method, String path, @Nullable String body, String... headers)
            throws IOException, InterruptedException {
        return send(tokens.get(Role.OPERATOR), method, path, body, headers);
    }

    private JsonNode json(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    private void refused(HttpResponse<String> response, int status, String... words) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        assertThat(JSON.readTree(response.body()).path("detail").asString()).contains(words);
    }

    private long failed() {
        long id = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, tenant, recipient) VALUES ('welcome', ?,"
                        + " 'ann@example.org') RETURNING id",
                tenant());
        tempost.awaitStatus(id, RowStatus.FAILED);
        return id;
    }

    private static String tenant() {
        return "t" + UUID.randomUUID().toString().substring(0, 8);
    }

    private Set<String> endpoints() {
        Set<String> endpoints = new TreeSet<>();
        for (RequestMappingHandlerMapping mapping :
                context.getBeansOfType(RequestMappingHandlerMapping.class).values()) {
            for (RequestMappingInfo info : mapping.getHandlerMethods().keySet()) {
                for (String path : info.getPatternValues()) {
                    if (path.startsWith("/ops") || path.startsWith("/admin") || path.startsWith("/console")) {
                        for (RequestMethod method : info.getMethodsCondition().getMethods()) {
                            endpoints.add(method + " " + path);
                        }
                    }
                }
            }
        }
        return endpoints;
    }

    @Test
    void everyEndpointIsForThoseItIsForAndForNobodyElse() throws Exception {
        assertThat(endpoints()).as("endpoints").isEqualTo(new TreeSet<>(ALLOWED.keySet()));
        String expired =
                Objects.requireNonNull(new Tokens(tempost.dataSource()).create("expired", Role.ADMIN, null, "test"));
        tempost.execute("UPDATE tempost.token SET expires_at = now() - interval '1 second' WHERE name = 'expired'");
        List<Caller> callers = new ArrayList<>(List.of(
                new Caller(null, null), new Caller(expired, null), new Caller(Tokens.PREFIX + "foreign", null)));
        tokens.forEach((role, token) -> callers.add(new Caller(token, role)));
        Map<String, String> wrong = new TreeMap<>();
        ALLOWED.forEach((endpoint, lowest) -> callers.forEach(caller -> {
            HttpResponse<String> response = call(caller.token(), endpoint);
            boolean right = lowest.equals("ANYBODY")
                    ? response.statusCode() != 403
                    : isKeptOut(response, caller.role() != null)
                            == (caller.role() == null || caller.role().compareTo(Role.valueOf(lowest)) < 0);
            if (!right || response.statusCode() >= 500) {
                wrong.put(endpoint + " as " + caller.role(), response.statusCode() + " " + response.body());
            }
        }));
        assertThat(wrong).isEmpty();
    }

    /** @param role null for one whose token may not be used */
    private record Caller(@Nullable String token, @Nullable Role role) {}

    /** About rows that do not exist: whoever may call it, is told so. */
    private HttpResponse<String> call(@Nullable String token, String endpoint) {
        int space = endpoint.indexOf(' ');
        String method = endpoint.substring(0, space);
        String path = endpoint.substring(space + 1)
                .replaceFirst("/bulk/\\{id}", "/bulk/" + UUID.randomUUID())
                .replace("{id}", "999999")
                .replace("{name}", "nobody");
        try {
            return path.startsWith("/console")
                    ? page(token, method, path)
                    : send(token, method, path, method.equals("GET") || method.equals("DELETE") ? null : "{}");
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(endpoint, e);
        }
    }

    private static boolean isKeptOut(HttpResponse<String> response, boolean known) {
        String to = response.headers().firstValue("Location").orElse("");
        return known
                ? response.statusCode() == 403
                : response.statusCode() == 401 || response.statusCode() == 429 || to.endsWith("/console/login");
    }

    /** As a browser asks, with its cookie, and on a POST with the form's secret. */
    private HttpResponse<String> page(@Nullable String token, String method, String path)
            throws IOException, InterruptedException {
        return page(token, method, path, "");
    }

    private HttpResponse<String> page(@Nullable String token, String method, String path, String form)
            throws IOException, InterruptedException {
        String cookies = token == null ? "" : "tempost_token=" + token + "; ";
        if (method.equals("GET")) {
            return http.send(
                    HttpRequest.newBuilder(URI.create(base + path))
                            .header("Cookie", cookies + "x=y")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
        HttpResponse<String> login = http.send(
                HttpRequest.newBuilder(URI.create(base + "/console/login")).build(),
                HttpResponse.BodyHandlers.ofString());
        String csrf = login.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
        Matcher secret = CSRF.matcher(login.body());
        assertThat(secret.find()).isTrue();
        return http.send(
                HttpRequest.newBuilder(URI.create(base + path))
                        .header("Cookie", cookies + csrf)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .method(method, HttpRequest.BodyPublishers.ofString("_csrf=" + secret.group(1) + form))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void thePageListsWhatThereIs() throws IOException {
        Set<String> documented = new TreeSet<>();
        Matcher line = Pattern.compile(
                        "(?m)^\\| `((?:GET|POST|PATCH|DELETE) [^`]+)` \\|.*\\| (viewer|operator|admin) \\|$")
                .matcher(Files.readString(Path.of("../docs/ops-api.md")));
        while (line.find()) {
            documented.add(line.group(1) + " " + line.group(2).toUpperCase(Locale.ROOT));
        }
        Set<String> existing = new TreeSet<>();
        ALLOWED.forEach((endpoint, role) -> {
            if (!endpoint.contains("/console") && !endpoint.endsWith(".yaml")) {
                existing.add(endpoint + " " + role);
            }
        });
        assertThat(documented).isEqualTo(existing);
    }

    @Test
    void anOperatorFindsTheCauseCorrectsTheRowAndSeesItDelivered() throws Exception {
        long id = failed();
        String tenant = tempost.row(id).tenant();

        JsonNode causes = json(operator("GET", "/ops/dead-letters?tenant=" + tenant, null), 200);
        assertThat(causes.at("/causes/0/cause/failure_type").asString()).isEqualTo("PayloadInvalid");
        assertThat(causes.at("/causes/0/example").asLong()).isEqualTo(id);
        JsonNode found = json(operator("GET", "/ops/outbox?status=failed&tenant=" + tenant, null), 200);
        assertThat(found.at("/rows/0/id").asLong()).isEqualTo(id);
        assertThat(found.at("/rows/0/status").asString()).isEqualTo("failed");
        assertThat(found.toString()).doesNotContain("ann@example.org");
        refused(operator("GET", "/ops/outbox/" + id + "/message", null), 422, "Row " + id, "variable 'name'");

        HttpResponse<String> content = operator("GET", "/ops/outbox/" + id + "/content", null);
        assertThat(json(content, 200).path("recipient").asString()).isEqualTo("ann@example.org");
        String etag = content.headers().firstValue("ETag").orElseThrow();
        String correction = "{\"payload\": {\"name\": \"Ann\"}}";
        refused(operator("PATCH", "/ops/outbox/" + id, correction), 428, "If-Match is missing");
        refused(operator("PATCH", "/ops/outbox/" + id, correction, "If-Match", "\"1\""), 412, "has changed since");
        refused(
                operator("PATCH", "/ops/outbox/" + id, "{\"payload\": [1]}", "If-Match", etag),
                400,
                "payload is no JSON object");
        refused(
                operator("PATCH", "/ops/outbox/" + id, "{\"paylod\": {}}", "If-Match", etag),
                400,
                "field 'paylod', which means nothing here");
        refused(
                operator("PATCH", "/ops/outbox/" + id, "{\"deliver_after\": \"tomorrow\"}", "If-Match", etag),
                400,
                "deliver_after is no time");
        json(operator("PATCH", "/ops/outbox/" + id, correction, "If-Match", etag), 200);
        refused(operator("PATCH", "/ops/outbox/" + id, correction, "If-Match", etag), 412, "has changed since");
        assertThat(json(operator("GET", "/ops/outbox/" + id + "/message", null), 200)
                        .path("subject")
                        .asString())
                .isEqualTo("Welcome, Ann");

        json(operator("POST", "/ops/outbox/" + id + "/retry", null), 200);
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        refused(operator("POST", "/ops/outbox/" + id + "/retry", null), 409, "Row " + id + " is delivered", "resend");
        JsonNode shown = json(operator("GET", "/ops/outbox/" + id, null), 200);
        assertThat(shown.at("/attempts/1/phase").asString()).isEqualTo("accepted");
        JsonNode audit = json(operator("GET", "/ops/audit?row=" + id, null), 200);
        assertThat(audit.findValuesAsString("action")).contains("view", "correct", "retry");
        assertThat(audit.findValuesAsString("actor")).containsOnly("test-operator");
    }

    @Test
    void aMessageIsSentAgainOnceForEachRequest() throws Exception {
        long id = tempost.welcome("bea@example.org");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        String why = "{\"reason\": \"she lost it\"}";
        String path = "/ops/outbox/" + id + "/resend";
        refused(operator("POST", path, "{}"), 400, "reason is missing");

        HttpResponse<String> first = operator("POST", path, why, "Idempotency-Key", "a");
        long made = json(first, 201).path("id").asLong();
        HttpResponse<String> again = operator("POST", path, why, "Idempotency-Key", "a");
        assertThat(json(again, 201)).isEqualTo(JSON.readTree(first.body()));
        assertThat(again.headers().firstValue("Idempotent-Replayed")).hasValue("true");
        refused(operator("POST", path, "{\"reason\": \"x\"}", "Idempotency-Key", "a"), 422, "another request of yours");
        refused(operator("POST", path, why, "Idempotency-Key", "a".repeat(256)), 400, "Idempotency-Key has 256");

        tempost.awaitStatus(made, RowStatus.DELIVERED);
        assertThat(tempost.row(made).resendOf()).isEqualTo(id);
        assertThat(tempost.smtp.messages().stream()
                        .filter(mail -> mail.raw().contains("bea@example.org"))
                        .count())
                .isEqualTo(2);
    }

    @Test
    void manyRowsAreCorrectedAndRetriedByOneRequestEach() throws Exception {
        String tenant = tenant();
        tempost.execute(
                "INSERT INTO tempost.outbox (event_type, tenant, recipient) SELECT 'welcome', ?, 'cy@example.org'"
                        + " FROM generate_series(1, 40)",
                tenant);
        await().atMost(Installation.TIMEOUT).until(() -> count(tenant, RowStatus.FAILED) == 40);
        String filter = "\"filter\": {\"tenant\": \"" + tenant + "\", \"failure_type\": \"PayloadInvalid\"}";

        JsonNode preview =
                json(operator("POST", "/ops/bulk/preview", "{\"action\": \"correct\", " + filter + "}"), 200);
        assertThat(preview.path("matched").asInt()).isEqualTo(40);
        assertThat(preview.path("sample").size()).isEqualTo(10);
        refused(operator("POST", "/ops/bulk", "{\"action\": \"retry\", \"reason\": \"x\"}"), 400, "filter is missing");
        refused(operator("POST", "/ops/bulk", "{\"action\": \"x\", " + filter + "}"), 400, "action is none of");
        refused(
                operator("POST", "/ops/bulk", "{\"action\": \"correct\", \"reason\": \"x\", " + filter + "}"),
                400,
                "patch is missing");

        awaitDone(operator(
                "POST",
                "/ops/bulk",
                "{\"action\": \"correct\", \"patch\": {\"name\": \"Cy\"}, \"reason\": \"forgotten\", " + filter + "}"));
        awaitDone(operator("POST", "/ops/bulk", "{\"action\": \"retry\", \"reason\": \"corrected\", " + filter + "}"));
        await().atMost(Installation.TIMEOUT).until(() -> count(tenant, RowStatus.DELIVERED) == 40);
    }

    @Test
    void addressesAreSuppressedAndFoundAndSentToAgain() throws Exception {
        String tenant = tenant();
        for (int n = 1; n <= 3; n++) {
            json(
                    operator(
                            "POST",
                            "/ops/suppressions",
                            "{\"address\": \"A" + n + "@" + tenant + ".example\", \"reason\": \"hard_bounce\","
                                    + " \"tenant\": \"" + tenant + "\", \"note\": \"by hand\"}"),
                    201);
        }
        refused(operator("POST", "/ops/suppressions", "{\"reason\": \"manual\"}"), 400, "address is missing");
        refused(
                operator("POST", "/ops/suppressions", "{\"address\": \"ann\", \"reason\": \"manual\"}"),
                400,
                "address is not an address: give ann@example.org");
        refused(
                operator("POST", "/ops/suppressions", "{\"address\": \"ann@example.org\", \"reason\": \"bored\"}"),
                400,
                "reason is none of unsubscribed, hard_bounce, complaint, manual");

        JsonNode first = json(operator("GET", "/ops/suppressions?limit=2&tenant=" + tenant, null), 200);
        assertThat(first.path("entries").size()).isEqualTo(2);
        assertThat(first.path("entries").path(0).path("address").asString()).isEqualTo("a3@" + tenant + ".example");
        assertThat(first.path("entries").path(0).path("reason").asString()).isEqualTo("hard_bounce");
        JsonNode rest = json(
                operator(
                        "GET",
                        "/ops/suppressions?limit=2&tenant=" + tenant + "&before="
                                + first.path("next").asLong(),
                        null),
                200);
        assertThat(rest.path("entries").size()).isEqualTo(1);
        assertThat(rest.path("next").isNull()).isTrue();
        String one = "address=A2@" + tenant + ".example";
        assertThat(json(operator("GET", "/ops/suppressions?" + one, null), 200)
                        .path("entries")
                        .size())
                .isEqualTo(1);

        refused(operator("DELETE", "/ops/suppressions?" + one, null), 404, "no such suppression of everybody's mail");
        assertThat(json(
                                operator(
                                        "DELETE",
                                        "/ops/suppressions?reason=hard_bounce&tenant=" + tenant + "&" + one,
                                        null),
                                200)
                        .path("entries")
                        .asInt())
                .isEqualTo(1);
        assertThat(operator("GET", "/ops/audit", null).body())
                .contains("unsuppress")
                .doesNotContain("@" + tenant);
    }

    private void awaitDone(HttpResponse<String> asked) {
        String id = json(asked, 202).path("id").asString();
        await().atMost(Installation.TIMEOUT)
                .until(() -> !json(operator("GET", "/ops/bulk/" + id, null), 200)
                        .path("finished_at")
                        .isNull());
    }

    private long count(String tenant, RowStatus status) {
        return tempost.number(
                "SELECT count(*) FROM tempost.outbox WHERE tenant = ? AND status = ?", tenant, status.column());
    }

    @Test
    void rowsArePausedUntilATimeAndProvidersHeld() throws Exception {
        String tenant = tenant();
        refused(
                operator(
                        "POST",
                        "/ops/pauses",
                        "{\"tenant\": \"" + tenant + "\", \"reason\": \"x\", \"ends_at\": \"2020-01-01T00:00:00Z\"}"),
                409,
                "cannot end at");
        refused(
                operator("POST", "/ops/pauses", "{\"shard_key\": \"s\", \"reason\": \"x\"}"),
                400,
                "a shard is one tenant's");
        json(
                operator(
                        "POST",
                        "/ops/pauses",
                        "{\"tenant\": \"" + tenant + "\", \"reason\": \"x\", \"ends_at\": \"2100-01-01T00:00:00Z\"}"),
                201);
        refused(
                operator("POST", "/ops/pauses", "{\"tenant\": \"" + tenant + "\", \"reason\": \"y\"}"),
                409,
                "Paused already");
        long id = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, tenant, recipient, payload) VALUES ('welcome', ?,"
                        + " 'di@example.org', '{\"name\": \"Di\"}') RETURNING id",
                tenant);
        tempost.execute("UPDATE tempost.pause SET ends_at = now() WHERE tenant = ?", tenant);
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        refused(operator("DELETE", "/ops/pauses?tenant=" + tenant, null), 404, "Not paused: tenant " + tenant);

        refused(
                operator(
                        "POST",
                        "/ops/providers/nobody/hold",
                        "{\"until\": \"2100-01-01T00:00:00Z\", \"reason\": \"x\"}"),
                404,
                "There is no provider 'nobody'",
                "[default]");
        refused(operator("POST", "/ops/providers/default/hurry", null), 409, "is not down");
    }

    @Test
    void whatMeansNothingIsRefusedAndNothingChanges() throws Exception {
        refused(operator("GET", "/ops/outbox?statsu=failed", null), 400, "Parameter 'statsu' means nothing here");
        refused(operator("GET", "/ops/outbox?status=lost", null), 400, "status is none of pending");
        refused(operator("GET", "/ops/outbox?limit=1000", null), 400, "limit is 1000: give it 1 to 200");
        refused(operator("GET", "/ops/outbox?created_from=yesterday", null), 400, "created_from is no time");
        refused(operator("GET", "/ops/outbox/abc", null), 400, "id is no whole number");
        refused(operator("GET", "/ops/outbox/999999", null), 404, "There is no row 999999");
        refused(operator("GET", "/ops/nothing", null), 404, "ops/nothing");
        refused(operator("POST", "/ops/bulk", "{"), 400, "not the JSON that is expected", "line 1");
        refused(operator("POST", "/ops/bulk", "[".repeat(100_000)), 400, "not the JSON that is expected");
        refused(operator("POST", "/ops/bulk", "\"" + "x".repeat(2 << 20) + "\""), 413, "more than 1048576 bytes");
        refused(
                send(tokens.get(Role.VIEWER), "GET", "/ops/outbox?recipient=ann@example.org", null),
                403,
                "your role does not allow to look for recipients");
        JsonNode described = json(operator("GET", "/ops/openapi", null), 200);
        assertThat(described.at("/paths/~1ops~1outbox~1{id}/patch/summary").asString())
                .contains("If-Match");
    }

    @Test
    void whoeverGuessesTokensIsToldToWaitAndNobodyElseIs() throws Exception {
        Set<Integer> answers = new TreeSet<>();
        for (int i = 0; i < 15; i++) {
            answers.add(send(Tokens.PREFIX + "guess" + i, "GET", "/ops/outbox", null)
                    .statusCode());
        }
        assertThat(answers).contains(429).isSubsetOf(401, 429);
        assertThat(operator("GET", "/ops/outbox", null).statusCode()).isEqualTo(200);
    }

    @Test
    void aScriptInARowIsTextInTheConsole() throws Exception {
        String script = "<script>alert('x')</script>";
        long id = tempost.insert(
                "INSERT INTO tempost.outbox (event_type, tenant, recipient, payload, job_id) VALUES ('welcome',"
                        + " ?, ?, jsonb_build_object('name', ?::text), ?) RETURNING id",
                tenant(),
                script,
                script,
                script);
        tempost.awaitStatus(id, RowStatus.FAILED);
        String operator = tokens.get(Role.OPERATOR);
        for (String path :
                List.of("/console/outbox/" + id, "/console/outbox/" + id + "/content", "/console/dead-letters")) {
            HttpResponse<String> page = page(operator, "GET", path);
            assertThat(page.statusCode()).as(path).isEqualTo(200);
            assertThat(page.body()).as(path).doesNotContain(script);
            assertThat(page.headers().firstValue("Content-Security-Policy"))
                    .hasValueSatisfying(policy -> assertThat(policy)
                            .contains("default-src 'none'", "script-src 'self'")
                            .doesNotContain("unsafe"));
        }
    }

    @Test
    void theConsolePlaysTheRunbook() throws Exception {
        long id = failed();
        String operator = tokens.get(Role.OPERATOR);
        HttpResponse<String> signedIn = page(null, "POST", "/console/login", "&token=" + operator);
        assertThat(signedIn.statusCode()).isEqualTo(303);
        assertThat(signedIn.headers().allValues("Set-Cookie"))
                .anySatisfy(cookie ->
                        assertThat(cookie).contains("tempost_token=", "HttpOnly", "SameSite=Strict", "Path=/console"));
        assertThat(page(null, "POST", "/console/login", "&token=wrong").statusCode())
                .isIn(401, 429);
        assertThat(page(operator, "GET", "/console/dead-letters").body())
                .contains("PayloadInvalid", "/console/outbox/" + id);

        String content =
                page(operator, "GET", "/console/outbox/" + id + "/content").body();
        assertThat(content).contains("ann@example.org", "Cannot be rendered: variable");
        Matcher version = Pattern.compile("name=\"version\" value=\"(\\d+)\"").matcher(content);
        assertThat(version.find()).isTrue();
        String correction = "&payload=%7B%22name%22%3A%22Ann%22%7D&retry=true&version=";
        assertThat(page(operator, "POST", "/console/outbox/" + id + "/correct", correction + "1")
                        .statusCode())
                .isEqualTo(412);
        HttpResponse<String> corrected =
                page(operator, "POST", "/console/outbox/" + id + "/correct", correction + version.group(1));
        assertThat(corrected.headers().firstValue("Location")).hasValue("/console/outbox/" + id + "?done=retry");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        assertThat(page(operator, "GET", "/console/outbox/" + id).body()).contains("Attempt 2, accepted");
        assertThat(page(operator, "GET", "/console/outbox/" + id + "/message").body())
                .contains("Hi <b>Ann</b>");
        for (String path : List.of(
                "/console",
                "/console/live",
                "/console/outbox",
                "/console/pauses",
                "/console/providers",
                "/console/audit",
                "/console/bulk",
                "/console/bulk/new?event_type=welcome")) {
            HttpResponse<String> page = page(tokens.get(Role.VIEWER), "GET", path);
            assertThat(page.statusCode()).as(path).isEqualTo(200);
            assertThat(page.body().length()).as(path).isLessThan(150_000);
            assertThat(page.body()).as(path).doesNotContain("ann@example.org");
        }
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String publicKey(KeyPair keys) {
        try {
            return Files.writeString(
                            Files.createTempFile("tempost-issuer", ".pem"),
                            "-----BEGIN PUBLIC KEY-----\n"
                                    + Base64.getMimeEncoder()
                                            .encodeToString(keys.getPublic().getEncoded())
                                    + "\n-----END PUBLIC KEY-----\n")
                    .toUri()
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String jwt(KeyPair keys, Instant expires, Object role) throws JOSEException {
        SignedJWT jwt = new SignedJWT(
                new JWSHeader(JWSAlgorithm.RS256),
                new JWTClaimsSet.Builder()
                        .subject("grace@example.org")
                        .expirationTime(Date.from(expires))
                        .claim("tempost_role", role)
                        .build());
        jwt.sign(new RSASSASigner(keys.getPrivate()));
        return jwt.serialize();
    }

    @Test
    void whoeverTheIssuerSaysItIsIsKnownByHisRole() throws Exception {
        long id = failed();
        Instant later = Instant.now().plusSeconds(600);
        String path = "/ops/outbox/" + id + "/retry";
        assertThat(send(jwt(issuer, later, "operator"), "POST", path, null).statusCode())
                .isEqualTo(200);
        assertThat(json(operator("GET", "/ops/audit?row=" + id, null), 200)
                        .at("/0/actor")
                        .asString())
                .isEqualTo("grace@example.org");
        assertThat(send(jwt(issuer, later, List.of("viewer", "x")), "GET", "/ops/outbox", null)
                        .statusCode())
                .isEqualTo(200);
        refused(send(jwt(issuer, later, "viewer"), "POST", path, null), 403, "Your role does not allow POST");
        refused(send(jwt(issuer, later, "boss"), "GET", "/ops/outbox", null), 403, "Your role does not allow GET");
        refused(send(jwt(keys(), later, "admin"), "GET", "/ops/outbox", null), 401, "Say who you are");
        refused(
                send(jwt(issuer, Instant.now().minusSeconds(600), "admin"), "GET", "/ops/outbox", null),
                401,
                "Say who you are");
    }

    @Test
    void aFormWithoutItsSecretChangesNothing() throws Exception {
        long id = failed();
        HttpResponse<String> forged = http.send(
                HttpRequest.newBuilder(URI.create(base + "/console/outbox/" + id + "/retry"))
                        .header("Cookie", "tempost_token=" + tokens.get(Role.OPERATOR))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(forged.statusCode()).isEqualTo(403);
        assertThat(tempost.row(id).status()).isEqualTo(RowStatus.FAILED);
    }

    @Test
    void healthAndMetricsAreOpen() throws Exception {
        assertThat(send(null, "GET", "/actuator/health/liveness", null).statusCode())
                .isEqualTo(200);
        assertThat(send(null, "GET", "/actuator/prometheus", null).body()).contains("tempost_");
    }
}
