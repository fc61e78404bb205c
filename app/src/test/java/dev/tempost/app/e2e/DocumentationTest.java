package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.TempostProcess;
import dev.tempost.channels.email.testing.ScriptedSmtpServer;
import dev.tempost.embedded.EmbeddedPostgreSql;
import dev.tempost.embedded.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a reader of the first pages copies into a terminal, in the order in which it stands there. */
@Timeout(180)
class DocumentationTest {

    private static final Pattern BLOCK = Pattern.compile("```(\\w+)\\n(.*?)```", Pattern.DOTALL);

    // of the whole, not of one of its components
    private static final Pattern UP = Pattern.compile("^\\{\"status\":\"UP\"|\"status\":\"UP\"\\}$");

    /** The fenced blocks of one page, each for one use. */
    private record Page(String name, List<String[]> blocks) {

        static Page of(String name) throws IOException {
            List<String[]> blocks = new ArrayList<>();
            BLOCK.matcher(Files.readString(Path.of("..", name)))
                    .results()
                    .forEach(block -> blocks.add(new String[] {block.group(1), block.group(2)}));
            return new Page(name, blocks);
        }

        /** The block of that language with this in it. */
        String block(String language, String with) {
            List<String> found = blocks.stream()
                    .filter(block -> block[0].equals(language) && block[1].contains(with))
                    .map(block -> block[1])
                    .toList();
            assertThat(found)
                    .as("%s blocks of %s with '%s'", language, name, with)
                    .hasSize(1);
            return found.getFirst();
        }
    }

    private final Path folder = Stack.folder().toAbsolutePath();
    private final EmbeddedPostgreSql postgres = EmbeddedPostgreSql.start(Ports.any());
    private final ScriptedSmtpServer smtp = ScriptedSmtpServer.listening();
    private final int port = Ports.any();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void stop() {
        processes.forEach(Process::destroy);
        processes.forEach(process -> process.onExit().join());
        smtp.close();
        postgres.close();
    }

    @Test
    void theFirstPagesDoWhatTheySay() throws Exception {
        Page start = Page.of("docs/getting-started.md");
        as("postgres", "postgres", "CREATE DATABASE app");
        as("postgres", "app", "CREATE ROLE app LOGIN");
        as("postgres", "app", start.block("sql", "CREATE ROLE tempost"));
        shell(start.block("sh", "mkdir -p templates"));
        Files.writeString(folder.resolve("application.yaml"), start.block("yaml", "event-types:"));
        Files.writeString(folder.resolve("tempost"), TempostProcess.script());
        shell("chmod +x tempost");

        String serve = start.block("sh", "./tempost serve");
        begin(here(serve));
        String ready = here(start.block("sh", "curl"));
        await("readiness")
                .atMost(Installation.TIMEOUT)
                .until(() -> UP.matcher(said(ready)).find());

        for (String grants : List.of("GRANT INSERT (tenant", "GRANT EXECUTE")) {
            as("tempost", "app", start.block("sql", grants));
        }
        as("app", "app", start.block("sql", "BEGIN;\nINSERT INTO tempost.outbox"));
        String exports = serve.replace("./tempost serve\n", "");
        awaitDelivered(exports, "delivered +2");
        String shown = shell(here(exports + start.block("sh", "./tempost show 1")));
        assertThat(shown).contains("welcome").doesNotContain("ada@example.com");
        assertThat(smtp.received("ada@example.com")).isEqualTo(2);

        as("tempost", "app", """
            CREATE TABLE old_outbox (id bigint, kind text, state text, payload jsonb, attempts int, last_error text,
                created_at timestamptz, processed_at timestamptz);
            INSERT INTO old_outbox VALUES
                (1, 'welcome', 'sent', '{"email": "bob@example.com", "name": "Bob"}', 1, NULL, now(), now()),
                (2, 'welcome', 'error', '{"email": "cyd@example.com", "name": "Cyd"}', 3, '535 no', now(), now()),
                (3, 'welcome', 'new', '{"email": "dan@example.com", "name": "Dan"}', 0, NULL, now(), NULL)
            """);
        as("tempost", "app", start.block("sql", "tempost.import("));
        awaitDelivered(exports, "delivered +4");
        assertThat(smtp.received("dan@example.com")).isEqualTo(1);
        assertThat(smtp.received("bob@example.com"))
                .as("sent by the old outbox")
                .isZero();
        assertThat(shell(here(exports + "./tempost failed"))).contains("535 no");

        as("postgres", "app", "CREATE TABLE contract (player text, team int); GRANT INSERT ON contract TO app");
        as("app", "app", Page.of("README.md").block("sql", "INSERT INTO contract"));
        awaitDelivered(exports, "delivered +5");
    }

    private void awaitDelivered(String exports, String line) {
        await(line)
                .atMost(Installation.TIMEOUT)
                .until(() -> Pattern.compile(line)
                        .matcher(said(here(exports + "./tempost status")))
                        .find());
    }

    /** As it stands there, with the addresses of this test. */
    private String here(String text) {
        Map<String, String> addresses = new LinkedHashMap<>();
        addresses.put("jdbc:postgresql://127.0.0.1:5432/app", url("app"));
        addresses.put("127.0.0.1:7233", Stack.shared().temporalTarget());
        addresses.put("smtp.example.com", "127.0.0.1");
        addresses.put("SPRING_MAIL_PORT=587", "SPRING_MAIL_PORT=" + smtp.port());
        addresses.put("http://127.0.0.1:8080/", "http://127.0.0.1:" + port + "/");
        // nobody to log in to
        addresses.put("export SPRING_MAIL_USERNAME=mailer\n", "");
        addresses.put("export SPRING_MAIL_PASSWORD=change-me-too\n", "");
        String result = text;
        for (Map.Entry<String, String> address : addresses.entrySet()) {
            result = result.replace(address.getKey(), address.getValue());
        }
        return "export SERVER_PORT=" + port + "\nexport TEMPOST_TEMPORAL_TASKQUEUE=" + folder.getFileName() + "\n"
                + result;
    }

    private String url(String database) {
        return postgres.jdbcUrl().replaceAll("/postgres$", "/" + database);
    }

    private String shell(String script) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "sh", ".out");
        Process process = start("set -eu\n" + script, output);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ended", script).isTrue();
        String said = Files.readString(output);
        assertThat(process.exitValue()).as("%s said %s", script, said).isZero();
        return said;
    }

    /** What it says, whether it succeeds or not. */
    private String said(String script) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "sh", ".out");
        start(script, output).waitFor();
        return Files.readString(output);
    }

    private void begin(String script) throws IOException {
        // in place of the shell, so that whoever stops the shell stops it
        processes.add(start(script.replace("./tempost serve", "exec ./tempost serve"), folder.resolve("serve.log")));
    }

    private Process start(String script, Path output) throws IOException {
        return new ProcessBuilder("sh", "-c", script)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
    }

    private void as(String role, String database, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url(database), role, "change-me");
                Statement statement = connection.createStatement()) {
            boolean more = statement.execute(sql);
            while (more || statement.getUpdateCount() != -1) {
                if (more) {
                    try (ResultSet result = statement.getResultSet()) {
                        assertThat(result.next()).isTrue();
                    }
                }
                more = statement.getMoreResults();
            }
        }
    }
}
