package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.backfill.Backfill;
import dev.tempost.outbox.backfill.BackfillRun;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.database.Pooling;
import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PgBouncer;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** Through a real PgBouncer, whose servers are fewer than the connections of those who share them. */
class PgBouncerTest {

    private static final int SERVERS = 2;
    private static final int ROUNDS = 200;

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    private final String direct = outbox.database.jdbcUrl();

    @Test
    void aDriverThatNamesItsStatementsFailsThere() throws SQLException {
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, 1);
                Connection one = by(pgBouncer).getConnection();
                Connection other = by(pgBouncer).getConnection()) {
            read(named(one), "SELECT 1");

            assertThatThrownBy(() -> read(named(other), "SELECT 2"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42P05"));
        }
    }

    @Test
    void twoPoolsThatRunTheSameStatementsDoNotMeetThere() throws Exception {
        AtomicInteger claimed = new AtomicInteger();
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, SERVERS);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int client = 0; client < 4 * SERVERS; client++) {
                running.add(clients.submit(() -> {
                    try (Connection connection = by(pgBouncer).getConnection()) {
                        Claims claims = new Claims(OneConnection.of(connection));
                        Database database = new Database(OneConnection.of(connection));
                        for (int round = 0; round < ROUNDS; round++) {
                            outbox.pending();
                            claimed.addAndGet(claims.claim(2, Duration.ofMinutes(1), EventTypes.all(), null)
                                    .rows()
                                    .size());
                            claims.expire(10);
                            assertThat(database.query(
                                            "read",
                                            "SELECT current_setting('statement_timeout')",
                                            row -> row.getString(1)))
                                    .containsExactly("10s");
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> client : running) {
                client.get();
            }
        }
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE status = 'dispatched'"))
                .isEqualTo(claimed.get())
                .isGreaterThan(ROUNDS);
    }

    @Test
    void aConnectionBehindItNamesNothingFromItsFirstAnswerOn() throws SQLException {
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, SERVERS);
                Connection connection = by(pgBouncer).getConnection()) {
            assertThat(connection.unwrap(PGConnection.class).getPrepareThreshold())
                    .isPositive();

            new Database(OneConnection.of(connection)).query("read", "SELECT 1", row -> row.getInt(1));

            assertThat(connection.unwrap(PGConnection.class).getPrepareThreshold())
                    .isZero();
        }
    }

    @Test
    void nobodyInheritsTheLimitOfAStatement() throws SQLException {
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, 1);
                Connection ours = by(pgBouncer).getConnection();
                Connection others = by(pgBouncer).getConnection()) {
            others.unwrap(PGConnection.class).setPrepareThreshold(0);
            Database database = new Database(OneConnection.of(ours), Duration.ofMillis(4321), Duration.ofSeconds(60));
            for (int i = 0; i < 10; i++) {
                assertThat(database.query(
                                "read", "SELECT current_setting('statement_timeout')", row -> row.getString(1)))
                        .containsExactly("4321ms");
                assertThat(read(others.prepareStatement("SELECT current_setting('statement_timeout')")))
                        .isEqualTo("0");
            }
        }
    }

    @Test
    void whatStandsBeforePostgresqlIsFoundOut() {
        assertThat(Pooling.of(outbox.database.dataSource())).isEqualTo(Pooling.NONE);
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, SERVERS)) {
            assertThat(Pooling.of(by(pgBouncer))).isEqualTo(Pooling.TRANSACTION);
        }
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.SESSION, SERVERS)) {
            assertThat(Pooling.of(by(pgBouncer))).isEqualTo(Pooling.SESSION);
        }
    }

    @Test
    void backfillsGoThroughItSideBySide() {
        String query = "SELECT n AS id, n || '@example.com' AS recipient FROM generate_series(1, 200) n";
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, 2 * SERVERS);
                BackfillRun one =
                        BackfillRun.open(by(pgBouncer), new Backfill("welcome", 1, query, "id", true), false);
                BackfillRun other =
                        BackfillRun.open(by(pgBouncer), new Backfill("news", 1, query, "id", true), false)) {
            for (int step = 0; step < 20; step++) {
                assertThat(one.due(1000)).isEqualTo(step * 10L);
                one.step(10);
                other.step(10);
            }
            assertThat(one.step(10).finished()).isTrue();
            assertThatThrownBy(() -> BackfillRun.open(by(pgBouncer), new Backfill("news", 1, query, "id", true), false))
                    .hasMessageContaining("another run of it is under way");
        }
        assertThat(outbox.database.number("SELECT count(DISTINCT (event_type, recipient)) FROM tempost.outbox"))
                .isEqualTo(400);
    }

    @Test
    void theSchemaIsKnownToBeCurrentThroughIt() {
        try (PgBouncer pgBouncer = PgBouncer.before(direct, PgBouncer.Mode.TRANSACTION, SERVERS)) {
            PGSimpleDataSource dataSource = by(pgBouncer);
            dataSource.setPrepareThreshold(0);
            for (int i = 0; i < 10; i++) {
                assertThat(Schema.isCurrent(dataSource)).isTrue();
            }
        }
        assertThat(outbox.database.number(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM"
                                + " pg_database WHERE datname = current_database())"))
                .isZero();
    }

    private PGSimpleDataSource by(PgBouncer pgBouncer) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(pgBouncer.jdbcUrl(direct));
        return dataSource;
    }

    private static Connection named(Connection connection) throws SQLException {
        connection.unwrap(PGConnection.class).setPrepareThreshold(1);
        return connection;
    }

    private static String read(Connection connection, String sql) throws SQLException {
        return read(connection.prepareStatement(sql));
    }

    private static String read(PreparedStatement statement) throws SQLException {
        try (statement;
                var row = statement.executeQuery()) {
            row.next();
            return row.getString(1);
        }
    }
}
