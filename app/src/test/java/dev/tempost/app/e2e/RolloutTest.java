package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.outbox.rows.RowStatus;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RolloutTest {

    private static final int ROWS = 300;
    private static final int GRACE_SECONDS = 20;

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void aRollingRestartUnderLoadDoublesNothingAndLeavesNothingBehind() throws Exception {
        tempost.with("tempost.worker.grace", GRACE_SECONDS + "s").migrated();
        Process old = tempost.serve();
        insert(ROWS / 2);
        awaitDelivered(ROWS / 10);
        Process next = tempost.serve();
        ends(old);
        insert(ROWS / 2);
        awaitDelivered(ROWS / 2);
        Process last = tempost.serve();
        ends(next);

        tempost.awaitAll(RowStatus.DELIVERED, ROWS);

        ends(last);
        assertThat(tempost.smtp.received()).isEqualTo(ROWS);
        assertThat(tempost.number("SELECT count(*) FROM tempost.attempt WHERE phase <> 'accepted'"))
                .as("attempts that a restart cut off")
                .isZero();
    }

    @Test
    void aStoppedProcessFinishesTheSendItIsInTheMiddleOfAndClaimsNoMore() throws Exception {
        tempost.with("tempost.worker.grace", GRACE_SECONDS + "s").migrated();
        Process process = tempost.serve();
        tempost.awaitStatus(tempost.welcome("before@example.com"), RowStatus.DELIVERED);
        // no lock, which nobody waits for longer than a second
        tempost.execute(
                "CREATE TABLE held AS SELECT 1; GRANT SELECT ON held TO PUBLIC; CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$ BEGIN WHILE EXISTS (SELECT FROM public.held) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN NEW;"
                        + " END $$");
        tempost.execute("CREATE TRIGGER wait BEFORE UPDATE ON tempost.attempt FOR EACH ROW"
                + " WHEN (NEW.phase = 'transmitting') EXECUTE FUNCTION wait()");
        long slow = tempost.welcome("slow@example.com");
        await("the send")
                .atMost(Installation.TIMEOUT)
                .until(() -> tempost.number("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND wait_event = 'PgSleep'")
                        == 1);
        process.destroy();
        await("the end of claiming")
                .atMost(Installation.TIMEOUT)
                .until(() -> Files.readString(tempost.serveLog()).contains("nothing more is claimed"));
        long late = tempost.welcome("late@example.com");
        tempost.execute("DELETE FROM held");

        assertThat(process.waitFor(GRACE_SECONDS + 10, TimeUnit.SECONDS)).isTrue();

        assertThat(tempost.row(slow).status()).isEqualTo(RowStatus.DELIVERED);
        assertThat(tempost.row(late).status()).isEqualTo(RowStatus.PENDING);
        assertThat(tempost.smtp.received("slow@example.com")).isEqualTo(1);
    }

    private void insert(int count) {
        IntStream.range(0, count).forEach(i -> tempost.welcome("row" + i + "@example.com"));
    }

    private void awaitDelivered(int count) {
        await(count + " rows to be delivered")
                // a process of its own has to start first, beside others
                .atMost(Installation.TIMEOUT.multipliedBy(3))
                .until(() -> tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'") >= count);
    }

    private void ends(Process process) throws Exception {
        process.destroy();
        assertThat(process.waitFor(GRACE_SECONDS + 10, TimeUnit.SECONDS))
                .as("it ended within its grace period")
                .isTrue();
        assertThat(Files.readString(tempost.serveLog())).contains("nothing is being sent any more");
    }
}
