package dev.tempost.app.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.chaos.CutProxy.Cut;
import dev.tempost.app.engine.Service;
import dev.tempost.outbox.testing.TestDatabase;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

class FirstConnectionTest {

    @Test
    void aFirstConnectionCutWhileThePoolLearnsItsDefaultsDoesNotBreakThePoolForGood() throws Exception {
        AtomicBoolean asked = new AtomicBoolean();
        try (TestDatabase database = TestDatabase.create()) {
            String url = database.jdbcUrl();
            int port = URI.create(url.substring("jdbc:".length())).getPort();
            try (CutProxy proxy = new CutProxy(
                            port,
                            request -> asksForIsolation(request) && !asked.getAndSet(true)
                                    ? Cut.BEFORE_IT_WAS_HANDLED
                                    : Cut.NONE);
                    ConfigurableApplicationContext tempost = Service.withoutWeb()
                            .run(Service.arguments(Map.of(
                                    "tempost.roles", "console",
                                    "spring.datasource.url", url.replace(":" + port + "/", ":" + proxy.port() + "/"),
                                    "spring.temporal.connection.target", "127.0.0.1:1")))) {
                DataSource pool = tempost.getBean(DataSource.class);

                await("a connection")
                        .atMost(Duration.ofSeconds(30))
                        .ignoreExceptions()
                        .until(() -> {
                            try (Connection connection = pool.getConnection()) {
                                return connection.isValid(5);
                            }
                        });

                assertThat(asked).as("the pool asked, and was cut off").isTrue();
            }
        }
    }

    private static boolean asksForIsolation(byte[] request) {
        return new String(request, StandardCharsets.ISO_8859_1).contains("TRANSACTION ISOLATION LEVEL");
    }
}
