package dev.tempost.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.TempostProcess;
import dev.tempost.outbox.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The command as an operator starts, stops and kills it. */
class BackfillTest {

    private static final int CUSTOMERS = 2000;
    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final String QUERY = "SELECT id, email AS recipient FROM customers;";

    @AutoClose
    private final TestDatabase database = TestDatabase.create();

    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void customers() {
        database.execute("CREATE TABLE customers (id bigint PRIMARY KEY, email text)");
        database.execute("INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(1, ?) n", CUSTOMERS);
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void aRunThatIsKilledGoesOnWithoutLosingOrRepeatingARow() throws Exception {
        Process killed = backfill(QUERY, "--batch", "20", "--rate", "200/s");
        await("the middle of it").atMost(TIMEOUT).until(() -> rows() > 100);
        killed.destroyForcibly().waitFor();
        long before = rows();
        assertThat(before).isLessThan(CUSTOMERS);

        Process second = backfill(QUERY);

        assertThat(said(second)).contains("goes on after id = " + before).contains("Finished: 2000 enqueued");
        assertThat(second.exitValue()).isZero();
        assertThat(rows()).isEqualTo(CUSTOMERS);
        assertThat(database.number("SELECT count(DISTINCT recipient) FROM tempost.outbox WHERE priority = 5"))
                .isEqualTo(CUSTOMERS);
        assertThat(said(backfill(QUERY))).contains("it was finished at ", "take a higher version");
        assertThat(rows()).isEqualTo(CUSTOMERS);
    }

    @Test
    void aRunThatIsStoppedSaysWhereAndOneBesideItIsRefused() throws Exception {
        Process first = backfill(QUERY, "--batch", "20", "--rate", "100");
        await("its first rows").atMost(TIMEOUT).until(() -> rows() > 0);
        Process second = backfill(QUERY);
        assertThat(said(second)).contains("another run of it is under way");
        assertThat(second.exitValue()).isEqualTo(1);

        // by its handle: the process would close what it says as well
        first.toHandle().destroy();

        assertThat(said(first)).contains("Stopped: " + rows() + " enqueued, the last id = " + rows());
    }

    @Test
    void itWaitsWhileTheBacklogIsFull() throws Exception {
        Process running = backfill(QUERY, "--backlog", "700");
        await("a full backlog").atMost(TIMEOUT).until(() -> rows() == 700);
        for (long full : new long[] {1400, 2000}) {
            database.execute("UPDATE tempost.outbox SET status = 'delivered'");
            await("the next rows").atMost(TIMEOUT).until(() -> rows() == full);
        }

        assertThat(said(running)).contains("Finished: 2000 enqueued");
        assertThat(running.exitValue()).isZero();
    }

    @Test
    void whatIsWrongIsSaidInOneSentence() throws Exception {
        database.execute("UPDATE customers SET email = NULL WHERE id = 1234");

        Process running = backfill(QUERY);

        assertThat(said(running))
                .contains("backfill welcome version 3: the row with id = 1234: column recipient: ")
                .doesNotContain("\tat ");
        assertThat(running.exitValue()).isEqualTo(1);
        assertThat(rows()).isEqualTo(1233);
    }

    private Process backfill(String query, String... options) {
        List<String> arguments =
                new ArrayList<>(List.of("backfill", "--event-type", "welcome", "--version", "3", "--query", query));
        arguments.addAll(Arrays.asList(options));
        try {
            Process started = TempostProcess.of(
                            Map.of("spring.datasource.url", database.jdbcUrl()), arguments.toArray(String[]::new))
                    .start();
            processes.add(started);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything a process said until its end. */
    private static String said(Process process) throws IOException, InterruptedException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text;
    }

    private long rows() {
        return database.number("SELECT count(*) FROM tempost.outbox");
    }
}
