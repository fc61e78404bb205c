package dev.tempost.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.jdbc.SslMode;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

class DatabaseUrlTest {

    private static final String JVM_TRUST = "sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://127.0.0.1:5432/app",
                "jdbc:postgresql://localhost/app",
                "jdbc:postgresql://[::1]:5432/app",
                "jdbc:postgresql:app",
                "jdbc:postgresql://localhost,127.0.0.1/app",
                "jdbc:postgresql://db/app?sslmode=disable",
                "jdbc:postgresql://db/app?sslmode=require",
                "jdbc:postgresql://db/app?sslmode=verify-full&sslrootcert=/ca.crt",
                "jdbc:postgresql://db/app?ssl=true&sslrootcert=/ca.crt",
                "jdbc:h2:mem:app",
                "postgres://db/app"
            })
    void whatSaysEnoughStaysAsItIs(String url) {
        assertThat(completed(url)).isEqualTo(url);
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:postgresql://db:5432/app, ?sslmode=verify-full&",
        "'jdbc:postgresql://localhost:5432,db:5432/app', ?sslmode=verify-full&",
        "jdbc:postgresql://db/app?user=ann, &sslmode=verify-full&",
        "jdbc:postgresql://db/app?sslmode=verify-full, &",
        "jdbc:postgresql://db/app?sslmode=verify-ca, &",
        "jdbc:postgresql://localhost/app?sslmode=verify-full, &",
    })
    void whatLeavesThisMachineIsVerifiedByWhatTheJvmTrusts(String url, String more) {
        assertThat(completed(url)).isEqualTo(url + more + JVM_TRUST);
    }

    @Test
    void aCaOfItsOwnTakesThePlaceOfTheJvms() {
        assertThat(completed("jdbc:postgresql://db/app?sslrootcert=/ca.crt"))
                .isEqualTo("jdbc:postgresql://db/app?sslrootcert=/ca.crt&sslmode=verify-full");
    }

    @Test
    void whatThePoolsPropertiesSayIsSaidToAll() {
        Map<String, String> said = Map.of("sslmode", "verify-ca", "sslrootcert", "/a b.crt", "ApplicationName", "x");
        String url = DatabaseUrl.completed("spring.datasource.url", "jdbc:postgresql://db/app", said);

        assertThat(url).isEqualTo("jdbc:postgresql://db/app?sslmode=verify-ca&sslrootcert=%2Fa+b.crt");
        assertThat(DatabaseUrl.completed("spring.datasource.url", "jdbc:postgresql://db/app?sslmode=disable", said))
                .startsWith("jdbc:postgresql://db/app?sslmode=disable&sslrootcert=");
    }

    @Test
    void whatTheDriverWouldReadIsRead() {
        DatabaseUrl url = Objects.requireNonNull(
                DatabaseUrl.parse("spring.datasource.url", "jdbc:postgresql://one:1,two/app?sslmode=Require"));

        assertThat(url.servers())
                .extracting(server -> server.getHostString() + " " + server.getPort())
                .containsExactly("one 1", "two 5432");
        assertThat(url.sslMode()).isEqualTo(SslMode.REQUIRE);
        assertThat(url.leavesThisMachine()).isTrue();
    }

    @Test
    void aModeThatDoesNotExistIsRefusedWithThoseThatDo() {
        assertThatThrownBy(() ->
                        DatabaseUrl.completed("tempost.schema.url", "jdbc:postgresql://db/app?sslmode=on", Map.of()))
                .hasMessage(
                        "tempost.schema.url: sslmode is 'on': give one of [disable, allow, prefer, require, verify-ca,"
                                + " verify-full].");
    }

    @Test
    void bothUrlsAreCompletedBeforeAnybodyReadsThem() {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "given",
                        Map.of(
                                "spring.datasource.url",
                                "jdbc:postgresql://pooler/app",
                                "tempost.schema.url",
                                "jdbc:postgresql://db/app",
                                "spring.datasource.hikari.data-source-properties.sslrootcert",
                                "/ca.crt")));

        DatabaseUrl.completeIn(environment);

        assertThat(environment.getProperty("spring.datasource.url"))
                .isEqualTo("jdbc:postgresql://pooler/app?sslrootcert=%2Fca.crt&sslmode=verify-full");
        assertThat(environment.getProperty("tempost.schema.url"))
                .isEqualTo("jdbc:postgresql://db/app?sslrootcert=%2Fca.crt&sslmode=verify-full");
    }

    private static String completed(String url) {
        return DatabaseUrl.completed("spring.datasource.url", url, Map.of());
    }
}
