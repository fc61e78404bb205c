package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.doctor.Doctor;
import dev.tempost.app.engine.Readiness;
import dev.tempost.embedded.Ports;
import dev.tempost.outbox.rows.RowStatus;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.FileSystemUtils;

/** A primary and a standby that replicates from it, one URL that names both, and the roles changing hands. */
class FailoverTest {

    private static final int ROWS = 20;

    private final List<Integer> ports = List.of(Ports.any(), Ports.any());
    private final List<Path> data = new ArrayList<>();
    private final List<EmbeddedPostgres> servers = new ArrayList<>();
    private final String url =
            "jdbc:postgresql://127.0.0.1:" + ports.getFirst() + ",127.0.0.1:" + ports.getLast() + "/postgres";
    // what a producer would have to say for itself, and Tempost must not need
    private final Installation tempost = new Installation(
                    url + "?targetServerType=primary", Stack.shared().temporalTarget())
            .with("spring.datasource.url", url);

    @BeforeEach
    void startPrimaryAndStandby() throws IOException, SQLException {
        Path folder = Files.createTempDirectory("tempost-failover");
        data.addAll(List.of(folder.resolve("one"), folder.resolve("two")));
        servers.add(server(0));
        // stopped cleanly, its files are a base backup
        servers.getFirst().close();
        copy(data.getFirst(), data.getLast());
        servers.set(0, server(0));
        standby(1, 0);
        servers.add(server(1));
    }

    @AfterEach
    void stop() throws IOException {
        tempost.close();
        for (EmbeddedPostgres server : servers) {
            server.close();
        }
        FileSystemUtils.deleteRecursively(data.getFirst().getParent());
    }

    @Test
    void rowsGoOnAtTheServerThatWasPromotedAndNothingStaysAtTheOneThatWasDemoted() throws Exception {
        ConfigurableApplicationContext service = tempost.migrated().start();
        awaitReadiness(service, true);
        rows("before");
        tempost.awaitAll(RowStatus.DELIVERED, ROWS);

        // the primary dies, and nobody is promoted yet
        rows("during");
        servers.getFirst().close();
        awaitReadiness(service, false);
        assertThat(doctor(service))
                .anyMatch(line -> line.contains("problem  server role        the server is a standby"));
        promote(1);
        awaitReadiness(service, true);
        rows("after");
        tempost.awaitAll(RowStatus.DELIVERED, 3 * ROWS);

        // it comes back as a standby
        standby(0, 1);
        servers.set(0, server(0));
        rows("then");
        tempost.awaitAll(RowStatus.DELIVERED, 4 * ROWS);
        assertThat(connections(0)).as("connections to the standby").isZero();

        // the roles change back, without a restart that would end a connection
        rows("last");
        execute(1, "ALTER SYSTEM SET default_transaction_read_only = on");
        execute(1, "SELECT pg_reload_conf()");
        await("the standby to have everything").until(() -> caughtUp());
        promote(0);
        rows("finally");
        tempost.awaitAll(RowStatus.DELIVERED, 6 * ROWS);
        await("every connection to leave the server that refuses writes")
                .atMost(Installation.TIMEOUT)
                .until(() -> connections(1) == 0);
        awaitReadiness(service, true);

        assertThat(tempost.smtp.received()).as("mails in all").isEqualTo(6 * ROWS);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE attempts <> 1"))
                .as("rows that were not accepted at their first attempt")
                .isZero();
    }

    private EmbeddedPostgres server(int which) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data.get(which))
                .setCleanDataDirectory(false)
                .setPort(ports.get(which))
                .setServerConfig("listen_addresses", "127.0.0.1")
                .start();
    }

    private void standby(int which, int primary) throws IOException {
        Files.writeString(
                data.get(which).resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=" + ports.get(primary) + " user=postgres'\n");
        Files.createFile(data.get(which).resolve("standby.signal"));
    }

    private void promote(int which) throws SQLException {
        execute(which, "SELECT pg_promote()");
        // the driver asks only the one that was the primary last, once, before it looks around
        await("the test's own connections to find it")
                .atMost(Installation.TIMEOUT)
                .ignoreExceptions()
                .until(() -> tempost.number("SELECT 1") == 1);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private void rows(String name) {
        IntStream.range(0, ROWS).forEach(i -> tempost.welcome(name + i + "@example.com"));
    }

    private static List<String> doctor(ConfigurableApplicationContext service) {
        List<String> lines = new ArrayList<>();
        new Doctor(service, finding -> lines.add(finding.text())).examine();
        return lines;
    }

    private void awaitReadiness(ConfigurableApplicationContext service, boolean ready) {
        await("readiness to be " + ready)
                .atMost(Installation.TIMEOUT)
                .until(() -> service.getBean(Readiness.class).ready() == ready);
    }

    /** Of Tempost's own, at one of the two. */
    private long connections(int which) throws SQLException {
        return number(which, "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tempost%'");
    }

    private boolean caughtUp() throws SQLException {
        return number(1, "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()") == 1;
    }

    private long number(int which, String sql) throws SQLException {
        try (Connection connection = servers.get(which).getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        }
    }

    private void execute(int which, String sql) throws SQLException {
        try (Connection connection = servers.get(which).getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
