package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.access.Tokens.Role;
import dev.tempost.outbox.rows.RowStatus;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Login to the console by OpenID Connect, on two replicas, at an identity provider that speaks it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoginTest {

    private static final Pattern CSRF = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");

    private final IdentityProvider club = new IdentityProvider();
    private final IdentityProvider crooked = new IdentityProvider(club);
    private final Installation tempost = new Installation().migrated();
    private final Tokens tokens = new Tokens(tempost.dataSource());
    private final List<String> replicas = new ArrayList<>();
    private final HttpClient http =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

    LoginTest() {
        IdentityProvider away = new IdentityProvider();
        away.close();
        Map.of("club", club, "crooked", crooked, "away", away)
                .forEach((id, provider) -> tempost.with(registration(id, "client-id"), IdentityProvider.CLIENT)
                        .with(registration(id, "client-secret"), IdentityProvider.SECRET)
                        .with("spring.security.oauth2.client.provider." + id + ".issuer-uri", provider.issuer()));
        tempost.with(registration("club", "client-name"), "the club")
                .with("spring.security.oauth2.client.provider.club.user-name-attribute", "email");
        for (int i = 0; i < 2; i++) {
            replicas.add("http://127.0.0.1:"
                    + tempost.startWithWeb().getEnvironment().getRequiredProperty("local.server.port"));
        }
    }

    private static String registration(String id, String property) {
        return "spring.security.oauth2.client.registration." + id + "." + property;
    }

    @AfterAll
    void stop() {
        tempost.close();
        club.close();
        crooked.close();
    }

    private HttpResponse<String> get(String url, String cookies) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url))
                        .header("Cookie", "x=y; " + cookies)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String location(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isIn(302, 303);
        return response.headers().firstValue("Location").orElseThrow();
    }

    /** What a browser keeps of a cookie; null when it is told none, or to drop it. */
    private static @Nullable String cookie(HttpResponse<String> response, String name) {
        return response.headers().allValues("Set-Cookie").stream()
                .filter(cookie -> cookie.startsWith(name + "=") && !cookie.startsWith(name + "=;"))
                .map(cookie -> cookie.replaceFirst(";.*", ""))
                .findFirst()
                .orElse(null);
    }

    /**
     * Somebody on the way back from the identity provider.
     *
     * @param address where it sends them
     * @param cookie what their browser has since they began
     */
    private record Returning(String address, String cookie) {}

    private Returning returning(String provider, String person) throws IOException, InterruptedException {
        HttpResponse<String> start = get(replicas.getFirst() + "/console/login/with/" + provider, "");
        String asked = location(start);
        assertThat(start.headers().allValues("Set-Cookie"))
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith("tempost_login=")
                        .contains("HttpOnly", "SameSite=Lax", "Path=/console/login", "Max-Age=600"));
        assertThat(start.headers().allValues("Set-Cookie").toString()).doesNotContain("SESSION");
        return new Returning(
                location(get(asked + "&as=" + person, "")),
                Objects.requireNonNull(cookie(start, "tempost_login"), "a cookie"));
    }

    private HttpResponse<String> comeBack(Returning person) throws IOException, InterruptedException {
        return get(person.address(), person.cookie());
    }

    /** The token that somebody was given. */
    private String signIn(String subject, Object role) throws IOException, InterruptedException {
        HttpResponse<String> done = comeBack(
                returning("club", club.person(subject, Map.of("tempost_role", role, "email", subject + "@club.org"))));
        assertThat(location(done)).endsWith("/console/login/done");
        assertThat(done.headers().allValues("Set-Cookie"))
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith("tempost_token=" + Tokens.PREFIX)
                        .contains("HttpOnly", "SameSite=Strict", "Path=/console", "Max-Age=28800"))
                .anySatisfy(cookie ->
                        assertThat(cookie).startsWith("tempost_login=;").contains("Max-Age=0"));
        return Objects.requireNonNull(cookie(done, "tempost_token")).replaceFirst(".*=", "");
    }

    private static String subject() {
        return "s" + UUID.randomUUID();
    }

    private void assertRefused(HttpResponse<String> answer, String problem, String subject) {
        assertThat(location(answer)).endsWith("/console/login?problem=" + problem);
        assertThat(cookie(answer, "tempost_token")).isNull();
        assertThat(tempost.number("SELECT count(*) FROM tempost.token WHERE created_by LIKE '%:' || ?", subject))
                .isZero();
    }

    @Test
    void whoeverSignsInMayDoWhatTheClaimSays() throws Exception {
        Map<Object, Role> claims = Map.of(
                "viewer",
                Role.VIEWER,
                "operator",
                Role.OPERATOR,
                "admin",
                Role.ADMIN,
                List.of("x", "operator", "viewer"),
                Role.OPERATOR);
        for (Map.Entry<Object, Role> claim : claims.entrySet()) {
            String subject = subject();
            String token = signIn(subject, claim.getKey());
            Role role = claim.getValue();
            Tokens.Holder holder = Objects.requireNonNull(tokens.holder(token));
            assertThat(holder.role()).isEqualTo(role);
            for (String replica : replicas) {
                HttpResponse<String> console = get(replica + "/console", "tempost_token=" + token);
                assertThat(console.statusCode()).isEqualTo(200);
                assertThat(console.body()).contains(subject.substring(0, 30));
                assertThat(get(replica + "/console/shards", "tempost_token=" + token)
                                .statusCode())
                        .isEqualTo(role == Role.VIEWER ? 403 : 200);
                HttpResponse<String> ofAdministrators = http.send(
                        HttpRequest.newBuilder(URI.create(replica + "/ops/tokens"))
                                .header("Authorization", "Bearer " + token)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(ofAdministrators.statusCode()).isEqualTo(role == Role.ADMIN ? 200 : 403);
            }
            assertThat(tempost.number(
                            "SELECT count(*) FROM tempost.audit WHERE action = 'token' AND actor = ? AND detail = ?",
                            "club:" + subject,
                            holder.name() + ", " + role.word()))
                    .isEqualTo(1);
        }
        assertThat(get(replicas.getFirst() + "/console/login/done", "").body()).contains("url=/console");
    }

    @Test
    void anyReplicaFinishesALogin() throws Exception {
        String subject = subject();
        Returning person = returning("club", club.person(subject, Map.of("tempost_role", "viewer")));
        HttpResponse<String> done = get(person.address().replace(replicas.get(0), replicas.get(1)), person.cookie());
        String token = Objects.requireNonNull(cookie(done, "tempost_token"), "a token");
        // without the attribute that is its name, the subject is
        assertThat(get(replicas.get(1) + "/console", token).body()).contains(subject.substring(0, 30));
    }

    @Test
    void nobodyIsKnownByACodeAlone() throws Exception {
        String subject = subject();
        club.person(subject, Map.of("tempost_role", "admin"));
        Returning person = returning("club", subject);
        Returning another = returning("club", subject);
        String elsewhere = person.cookie().substring(0, person.cookie().length() - 8) + "AAAAAAAA";
        String wrongState = person.address().replaceFirst("state=[^&]+", "state=guessed");
        assertRefused(get(person.address(), ""), "failed", subject);
        assertRefused(get(person.address(), "tempost_login=x"), "failed", subject);
        assertRefused(get(person.address(), elsewhere), "failed", subject);
        assertRefused(get(person.address(), another.cookie()), "failed", subject);
        assertRefused(get(wrongState, person.cookie()), "failed", subject);
        assertRefused(get(replicas.getFirst() + "/console/login/code/club", person.cookie()), "failed", subject);
        assertRefused(
                get(person.address().replaceFirst("code=[^&]+", "code=guessed"), person.cookie()), "failed", subject);
        // that code was asked for by somebody else: its challenge has another verifier
        assertRefused(
                get(
                        person.address().replaceFirst("code=[^&]+", Objects.requireNonNull(code(another.address()))),
                        person.cookie()),
                "failed",
                subject);

        assertThat(location(comeBack(person))).endsWith("/done");
        HttpResponse<String> again = comeBack(person);
        assertThat(location(again)).endsWith("/console/login?problem=failed");
        assertThat(cookie(again, "tempost_token")).isNull();
        assertThat(tempost.number("SELECT count(*) FROM tempost.token WHERE created_by = ?", "club:" + subject))
                .isEqualTo(1);
    }

    private static @Nullable String code(String address) {
        Matcher code = Pattern.compile("code=[^&]+").matcher(address);
        return code.find() ? code.group() : null;
    }

    @Test
    void whoeverHasNoRoleIsToldSo() throws Exception {
        for (Map<String, Object> claims : List.<Map<String, Object>>of(
                Map.of(), Map.of("tempost_role", "boss"), Map.of("tempost_role", List.of()), Map.of("role", "admin"))) {
            String subject = subject();
            HttpResponse<String> answer = comeBack(returning("club", club.person(subject, claims)));
            assertRefused(answer, "role", subject);
            HttpResponse<String> page = get(replicas.getFirst() + "/console/login?problem=role", "");
            assertThat(page.statusCode()).isEqualTo(403);
            assertThat(page.body()).contains("claim tempost_role");
        }
    }

    @Test
    void aTokenOfAnotherIssuerIsRefused() throws Exception {
        String subject = crooked.person(subject(), Map.of("tempost_role", "admin"));
        assertRefused(comeBack(returning("crooked", subject)), "failed", subject);
    }

    @Test
    void anIdentityProviderThatIsAwayHoldsUpItsOwnLoginsOnly() throws Exception {
        long id = tempost.welcome("eve@example.org");
        tempost.awaitStatus(id, RowStatus.DELIVERED);
        HttpResponse<String> page = get(replicas.getFirst() + "/console/login", "");
        assertThat(page.body())
                .contains("href=\"/console/login/with/club\"", "Sign in with the club", "Sign in with away");
        assertRefused(get(replicas.getFirst() + "/console/login/with/away", ""), "failed", subject());
        assertRefused(get(replicas.getFirst() + "/console/login/with/nobody", ""), "failed", subject());
        assertThat(get(replicas.getFirst() + "/console/login?problem=failed", "")
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void whoeverSignsOutIsNobody() throws Exception {
        String token = signIn(subject(), "operator");
        String name = Objects.requireNonNull(tokens.holder(token)).name();
        signOut(token);
        assertThat(tokens.holder(token)).isNull();
        assertThat(location(get(replicas.get(1) + "/console", "tempost_token=" + token)))
                .endsWith("/console/login");
        assertThat(tempost.number(
                        "SELECT count(*) FROM tempost.audit WHERE action = 'revoke' AND actor = ? AND detail = ?",
                        name,
                        name))
                .isEqualTo(1);

        String own = Objects.requireNonNull(tokens.create("ada", Role.VIEWER, null, "test"));
        signOut(own);
        assertThat(tokens.holder(own))
                .as("an API token, which programs may use")
                .isNotNull();
    }

    private void signOut(String token) throws IOException, InterruptedException {
        HttpResponse<String> page = get(replicas.getFirst() + "/console", "tempost_token=" + token);
        Matcher secret = CSRF.matcher(page.body());
        assertThat(secret.find()).isTrue();
        HttpResponse<String> out = http.send(
                HttpRequest.newBuilder(URI.create(replicas.getFirst() + "/console/logout"))
                        .header("Cookie", "tempost_token=" + token + "; " + cookie(page, "XSRF-TOKEN"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("_csrf=" + secret.group(1)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(location(out)).endsWith("/console");
    }
}
