package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.database.OpenTransactions;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class OpenTransactionsTest {

    @AutoClose
    private final OutboxFixture outbox;

    private final OpenTransactions transactions;

    OpenTransactionsTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        transactions = new OpenTransactions(outbox.database.dataSource());
    }

    @Test
    void oneThatReadOrWroteIsNamedUntilItEnds() throws SQLException {
        try (Connection reader = outbox.database.connect();
                Connection writer = outbox.database.connect();
                Statement reading = reader.createStatement();
                Statement writing = writer.createStatement()) {
            reading.execute("SET application_name = 'report'");
            writing.execute("SET application_name = 'importer'");
            reader.setAutoCommit(false);
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            writer.setAutoCommit(false);
            reading.execute("SELECT count(*) FROM tempost.outbox");
            writing.execute("INSERT INTO tempost.outbox (event_type) VALUES ('welcome')");

            assertThat(transactions.openFor(Duration.ZERO))
                    .extracting(OpenTransactions.OpenTransaction::application)
                    .containsExactly("report", "importer");
            assertThat(transactions.openFor(Duration.ofHours(1))).isEmpty();

            reader.rollback();
            writer.rollback();
        }
        assertThat(transactions.openFor(Duration.ZERO)).isEmpty();
    }

    @Test
    void oneThatHoldsNoSnapshotIsInNobodysWay() throws SQLException {
        try (Connection idle = outbox.database.connect();
                Statement statement = idle.createStatement()) {
            idle.setAutoCommit(false);
            statement.execute("SET LOCAL statement_timeout = 0");

            assertThat(transactions.openFor(Duration.ZERO)).isEmpty();
        }
    }
}
