package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.engine.Engine;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.testing.PgBouncer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** Everything through a real PgBouncer that pools transactions, with nothing configured but its URL. */
@ResourceLock(Resources.SYSTEM_OUT)
@ExtendWith(OutputCaptureExtension.class)
class PoolerTest {

    private static final int ROWS = 120;

    private final Installation tempost = new Installation();
    private final PgBouncer pgBouncer = PgBouncer.before(tempost.jdbcUrl, PgBouncer.Mode.TRANSACTION, 4);

    @AfterEach
    void stop() {
        tempost.close();
        pgBouncer.close();
    }

    @Test
    void twoReplicasDeliverThroughIt(CapturedOutput output) {
        tempost.migrated().with("spring.datasource.url", pgBouncer.jdbcUrl(tempost.jdbcUrl));
        tempost.start();
        tempost.start();
        tempost.smtp.onRecipient("row7@example.com").reply("451 4.3.0 later").times(1);
        IntStream.range(0, ROWS).forEach(i -> tempost.welcome("row" + i + "@example.com"));

        tempost.awaitAll(RowStatus.DELIVERED, ROWS);

        assertThat(tempost.smtp.received()).isEqualTo(ROWS);
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE attempts <> 1"))
                .as("rows tried twice: row7")
                .isEqualTo(1);
        assertThat(output)
                .contains("behind a transaction pooler")
                .doesNotContain("42P05", "26000", "prepared statement");
        tempost.stopAll();
        pgBouncer.close();
        await("its connections to be gone and counted")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                        == 1);
        assertThat(tempost.number("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"))
                .as("statements that failed")
                .isZero();
    }

    @Test
    void aRowIsFoundByPollingSoonAfterItWasWritten() {
        tempost.migrated().with("spring.datasource.url", pgBouncer.jdbcUrl(tempost.jdbcUrl));
        tempost.start();
        tempost.awaitStatus(tempost.welcome("ada@example.com"), RowStatus.DELIVERED);

        tempost.awaitStatus(tempost.welcome("bob@example.com"), RowStatus.DELIVERED);
    }

    @Test
    void aMigrationGoesPastItOrSaysThatItMust(CapturedOutput output) {
        tempost.with("spring.datasource.url", pgBouncer.jdbcUrl(tempost.jdbcUrl));
        ConfigurableApplicationContext waiting = tempost.start();
        await("the reason why it waits")
                .atMost(Installation.TIMEOUT)
                .until(() ->
                        output.getOut().contains("set tempost.schema.url (TEMPOST_SCHEMA_URL) to PostgreSQL itself"));
        assertThat(waiting.getBean(Engine.class).ready()).isFalse();
        assertThat(tempost.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'tempost'"))
                .isZero();

        tempost.with("tempost.schema.url", tempost.jdbcUrl).start();

        await("the schema")
                .atMost(Installation.TIMEOUT)
                .ignoreExceptions()
                .until(() -> tempost.welcome("ada@example.com") > 0);
        tempost.awaitAll(RowStatus.DELIVERED, 1);
        await("the one that waited")
                .atMost(Installation.TIMEOUT)
                .until(() -> waiting.getBean(Engine.class).ready());
    }
}
