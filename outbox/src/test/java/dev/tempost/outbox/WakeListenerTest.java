package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.database.OutboxUnavailableException;
import dev.tempost.outbox.database.WakeListener;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class WakeListenerTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @AutoClose
    private final OutboxFixture outbox;

    private final DataSource dataSource;

    WakeListenerTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        dataSource = outbox.database.dataSource();
    }

    @Test
    void itHearsAnInsert() throws InterruptedException {
        try (WakeListener listener = WakeListener.open(dataSource)) {
            outbox.pending();
            assertThat(listener.await(TIMEOUT)).isTrue();
        }
    }

    @Test
    void itHearsWhatAnOperatorOrAProducerWakesItFor() throws InterruptedException {
        long failed = outbox.row("status", "'failed'");
        long pending = outbox.row("job_id", "'j'");
        try (WakeListener listener = WakeListener.open(dataSource)) {
            new Rows(dataSource).retry(failed);
            assertThat(listener.await(TIMEOUT)).isTrue();
            outbox.database.value("SELECT tempost.cancel_job('default', 'j', 'r')");
            assertThat(listener.await(TIMEOUT)).isTrue();
            assertThat(outbox.status(pending)).isEqualTo(RowStatus.CANCELLED);
        }
    }

    @Test
    void itWaitsNoLongerThanAsked() throws InterruptedException {
        try (WakeListener listener = WakeListener.open(dataSource)) {
            assertThat(listener.await(Duration.ZERO)).isFalse();
            assertThat(listener.await(Duration.ofMillis(5))).isFalse();
        }
    }

    @Test
    void itProvesThatNotificationsComeThrough() {
        try (WakeListener listener = WakeListener.open(dataSource)) {
            assertThat(listener.hears(dataSource, TIMEOUT)).isTrue();
        }
    }

    @Test
    void itSaysWhenItsConnectionIsGone() throws InterruptedException {
        try (WakeListener listener = WakeListener.open(dataSource)) {
            outbox.database.value("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                    + " AND datname = current_database()");
            assertThatThrownBy(() -> listener.await(TIMEOUT)).isInstanceOf(OutboxUnavailableException.class);
        }
    }
}
