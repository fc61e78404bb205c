package dev.tempost.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.TempostProcess;
import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a newcomer gets to read: one paragraph with the setting, where it was set and an example, and an exit code. */
class WrongSettingsTest {

    private static final Map<String, String> NOBODY = Map.of(
            "spring.datasource.url", "jdbc:postgresql://127.0.0.1:1/nobody",
            "spring.temporal.connection.target", "127.0.0.1:1",
            "tempost.providers.default.from", "Tests <tests@example.com>",
            "server.port", "0");

    @TempDir
    private Path folder;

    @AutoClose
    private final TestDatabase database = TestDatabase.empty(PostgresVersion.CURRENT);

    @ParameterizedTest(name = "{0} {1}={2}")
    @CsvSource(delimiter = '|', textBlock = """
                serve  | tempost.providers.default.from         | ''     | is not set: name the sender of every mail, for instance
                serve  | tempost.starter.lease     | abc    | tempost.starter.lease is 'abc' (environment variable TEMPOST_STARTER_LEASE): give a duration, for instance 500ms
                drain  | tempost.starter.capacity  | 0      | tempost.starter.capacity is '0' (environment variable TEMPOST_STARTER_CAPACITY): it must be greater than or equal to 1
                serve  | tempost.delivery.on-failed | maybe | give one of block, skip
                drain  | tempost.delivery.provider | nobody | tempost.delivery.provider names provider 'nobody', which does not exist
                serve  | tempost.starter.leese     | 5s     | TEMPOST_STARTER_LEESE means nothing to Tempost: is it meant to be TEMPOST_STARTER_LEASE?
                doctor | tempost.starter.leese     | 5s     | TEMPOST_STARTER_LEESE means nothing to Tempost
                status | tempost.starter.leese     | 5s     | TEMPOST_STARTER_LEESE means nothing to Tempost
                serve  | spring.datasource.url     | postgres://db/app | spring.datasource.url is no JDBC URL: it begins with jdbc:postgresql://
                serve  | spring.security.oauth2.client.registration.club.client-id | x | spring.security.oauth2.client.provider.club.issuer-uri is not set
                serve  | spring.security.oauth2.client.registration.club.client-name | x | Client id of registration 'club' must not be empty
                status | spring.datasource.url     | postgres://db/app | spring.datasource.url is no JDBC URL: it begins with jdbc:postgresql://
                """)
    void aWrongSettingIsNamed(String command, String setting, String value, String says) throws Exception {
        Map<String, String> settings = new HashMap<>(NOBODY);
        settings.put(setting, value);
        if (value.isEmpty()) {
            settings.remove(setting);
        }

        assertSays(2, says, settings, command);
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Map<String, String> settings = new HashMap<>(NOBODY);
            settings.put("server.port", Integer.toString(other.getLocalPort()));

            assertSays(2, "server.port: port " + other.getLocalPort() + " is in use", settings, "serve");

            settings.put("server.port", "0");
            settings.put("management.server.port", Integer.toString(other.getLocalPort()));

            String says = "management.server.port: port " + other.getLocalPort() + " is in use";
            assertSays(2, says, settings, "serve");
        }
    }

    @Test
    void anUnknownSettingIsNamedWhereverItStands() throws Exception {
        Files.writeString(folder.resolve("application.yaml"), "tempost:\n  starter:\n    capasity: 5\n");

        String file = assertSays(2, "tempost.starter.capasity (", NOBODY, "serve");
        assertThat(file).contains("application.yaml", "3:15", "is it meant to be tempost.starter.capacity?");
        assertSays(
                2,
                "tempost.sterter.lease (command line) means nothing to Tempost: is it meant to be tempost.starter.lease?",
                NOBODY,
                "serve",
                "--tempost.sterter.lease=5s");
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws Exception {
        Files.writeString(folder.resolve("application.yaml"), "tempost:\n  starter: lease: 5s\n");

        String status = assertSays(2, "application.yaml is no YAML: ", NOBODY, "status");
        assertThat(status).contains("line 2");
        assertSays(2, "application.yaml is no YAML: ", NOBODY, "serve");
    }

    @Test
    void aServerThatIsAwayAndALoginThatIsRefusedAreToldApart() throws Exception {
        String url = database.jdbcUrl().replaceFirst("[?].*", "");

        assertSays(3, "PostgreSQL does not answer: Connection to 127.0.0.1:1 refused", NOBODY, "status");
        for (String command : new String[] {"status", "serve"}) {
            assertSays(2, "PostgreSQL refuses the login: role \"nobody\"", with(url, "nobody"), command);
            assertSays(2, "PostgreSQL has no such database: ", with(url + "_none", "postgres"), command);
        }
        assertSays(2, "Schema tempost is missing or older than this version", with(url, "postgres"), "failed");
    }

    @Test
    void whoMayNotMigrateWaitsAndSaysWhatFor() throws Exception {
        Map<String, String> settings = with(database.jdbcUrl(), "postgres");
        settings.put("tempost.schema.migrate", "false");
        Path log = folder.resolve("serve.log");
        Process serve = TempostProcess.of(settings, "serve")
                .redirectOutput(log.toFile())
                .start();

        await("a word")
                .atMost(Duration.ofSeconds(60))
                .until(() -> Files.readString(log).contains("TEMPOST_SCHEMA_MIGRATE=true"));

        assertThat(serve.isAlive()).isTrue();
        serve.destroyForcibly().waitFor();
    }

    @Test
    void theDoctorKnowsANewerSchema() throws Exception {
        database.migrate();
        database.execute("INSERT INTO tempost.flyway_schema_history SELECT installed_rank + 100, '999', 'later', type,"
                + " 'V999__later.sql', 1, installed_by, now(), 1, true FROM tempost.flyway_schema_history"
                + " WHERE version = '1'");

        assertSays(3, "newer than this version of Tempost", with(database.jdbcUrl(), "postgres"), "doctor");
    }

    @Test
    void theDoctorTakesNothingThatIsMissingForAProblem() throws Exception {
        String doctor = said(Map.of(), "doctor").text();

        assertThat(doctor)
                .contains("unset    settings           none is set: looks where everything is by default")
                .contains("unset    configuration")
                .doesNotContain("problem  configuration");
    }

    private static Map<String, String> with(String url, String user) {
        Map<String, String> settings = new HashMap<>(NOBODY);
        settings.put("spring.datasource.url", url);
        settings.put("spring.datasource.username", user);
        return settings;
    }

    private String assertSays(int exit, String says, Map<String, String> settings, String... arguments)
            throws IOException, InterruptedException {
        Said said = said(settings, arguments);
        assertThat(said.text()).contains(says).doesNotContain("\tat ", "Exception");
        assertThat(said.exit()).as(said.text()).isEqualTo(exit);
        return said.text();
    }

    private record Said(int exit, String text) {}

    private Said said(Map<String, String> settings, String... arguments) throws IOException, InterruptedException {
        Process process = TempostProcess.of(settings, arguments)
                .directory(folder.toFile())
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }
}
