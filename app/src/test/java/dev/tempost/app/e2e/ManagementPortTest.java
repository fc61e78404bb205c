package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.access.Tokens.Role;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** Health and metrics on a port of their own: open there, and nothing else is. */
class ManagementPortTest {

    @Test
    void eachPortServesItsOwnAndNothingOfTheOther() throws Exception {
        try (Installation tempost = new Installation().migrated().with("management.server.port", 0)) {
            String token =
                    Objects.requireNonNull(new Tokens(tempost.dataSource()).create("ada", Role.ADMIN, null, "test"));
            ConfigurableApplicationContext context = tempost.startWithWeb();
            String main = address(context, "local.server.port");
            String management = address(context, "local.management.port");
            assertThat(management).isNotEqualTo(main);

            await("readiness")
                    .atMost(Installation.TIMEOUT)
                    .until(() -> get(null, management + "/actuator/health/readiness")
                                    .statusCode()
                            == 200);
            assertThat(get(null, management + "/actuator/prometheus").body()).contains("tempost_");
            for (String path : new String[] {"/ops/outbox", "/ops/openapi", "/admin/process-outbox", "/console"}) {
                assertThat(get(null, management + path).statusCode()).as(path).isEqualTo(404);
                assertThat(get(token, management + path).statusCode()).as(path).isEqualTo(404);
            }
            for (String path : new String[] {"/actuator", "/actuator/health/readiness", "/actuator/prometheus"}) {
                assertThat(get(null, main + path).statusCode()).as(path).isEqualTo(404);
                assertThat(get(token, main + path).statusCode()).as(path).isEqualTo(404);
            }
            assertThat(get(null, main + "/ops/outbox").statusCode()).isEqualTo(401);
            assertThat(get(token, main + "/ops/outbox").statusCode()).isEqualTo(200);
            assertThat(context.getEnvironment().getProperty("management.server.address"))
                    .as("the address it is bound to, where none is set")
                    .isEqualTo("127.0.0.1");
        }
    }

    private static String address(ConfigurableApplicationContext context, String port) {
        return "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty(port);
    }

    private static HttpResponse<String> get(@Nullable String token, String url)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (token != null) {
            request.header("Authorization", "Bearer " + token).header("Cookie", "tempost_token=" + token);
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
