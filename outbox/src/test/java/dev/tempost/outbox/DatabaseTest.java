package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.database.Database;
import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.SilentProxy;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@OnEveryPostgres
class DatabaseTest {

    private static final String SETTING = "SELECT current_setting('statement_timeout')";
    private static final Duration LONG = Duration.ofSeconds(60);

    @AutoClose
    private final OutboxFixture outbox;

    @AutoClose
    private final Connection connection;

    private final DataSource pool;

    DatabaseTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        connection = outbox.database.connect();
        pool = OneConnection.of(connection);
    }

    @Test
    void theServerCancelsAStatementThatTakesTooLong() {
        Database database = new Database(pool, Duration.ofMillis(100), LONG);

        assertThatThrownBy(() -> database.query("sleep", "SELECT 1 FROM pg_sleep(60)", row -> row.getInt(1)))
                .isInstanceOf(OutboxUnavailableException.class)
                .hasMessageContaining("could not sleep: canceling statement due to statement timeout (57014)");
        assertThat(database.query("read", "SELECT 1", row -> row.getInt(1)))
                .as("the connection is as good as before")
                .containsExactly(1);
    }

    @Test
    void aStatementThatWaitsForALockIsCancelledToo() throws SQLException {
        long id = outbox.pending();
        Database database = new Database(pool, Duration.ofMillis(100), LONG);
        try (Connection holder = outbox.database.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("UPDATE tempost.outbox SET priority = 1 WHERE id = " + id);

            assertThatThrownBy(() ->
                            database.update("change it", "UPDATE tempost.outbox SET priority = 5 WHERE id = ?", id))
                    .hasMessageContaining("57014");
            holder.rollback();
        }
        outbox.assertThatRow(id, "priority = 3");
    }

    @Test
    void theLimitHoldsForItsOwnTransactionAndNotForTheNext() throws SQLException {
        Database database = new Database(pool, Duration.ofMillis(4321), LONG);

        for (int i = 0; i < 10; i++) {
            // from the third time on the driver has named it
            assertThat(database.query("read", SETTING, row -> row.getString(1))).containsExactly("4321ms");
            assertThat(outside(SETTING)).isEqualTo("0");
        }
    }

    @Test
    void whatSomebodyPlantedInAnotherSchemaIsNotCalled() throws SQLException {
        outbox.database.execute("CREATE FUNCTION public.repeat(text, smallint) RETURNS text LANGUAGE sql AS $$ SELECT"
                + " 'planted' $$");
        String call = "SELECT repeat('a', 2::smallint)";
        assertThat(outside(call)).isEqualTo("planted");

        for (int i = 0; i < 10; i++) {
            assertThat(new Database(pool).query("call it", call, row -> row.getString(1)))
                    .containsExactly("aa");
        }
        assertThat(outside("SELECT current_setting('search_path')")).contains("public");
    }

    @Test
    void aServerThatFallsSilentIsGivenUp() throws IOException, SQLException {
        String direct = outbox.database.jdbcUrl();
        try (SilentProxy network = SilentProxy.before(direct)) {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setUrl(network.jdbcUrl(direct));
            try (Connection through = dataSource.getConnection()) {
                Database database = new Database(OneConnection.of(through), LONG, Duration.ofMillis(300));
                assertThat(database.query("read", "SELECT 1", row -> row.getInt(1)))
                        .containsExactly(1);
                network.fallSilent();
                long asked = System.nanoTime();

                assertThatThrownBy(() -> database.query("read", "SELECT 1", row -> row.getInt(1)))
                        .isInstanceOf(OutboxUnavailableException.class);

                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(LONG.dividedBy(2));
                assertThat(through.isClosed()).isTrue();
            }
        }
    }

    @Test
    void namesOfStatementsStayOnWhereNothingStandsInBetween() throws SQLException {
        Database database = new Database(pool);
        for (int i = 0; i < 10; i++) {
            database.query("read", SETTING, row -> row.getString(1));
        }
        assertThat(outside("SELECT count(*) FROM pg_prepared_statements")).isNotEqualTo("0");
    }

    /** On the same connection, past the class under test. */
    private String outside(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
