package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class ManyAtOnceTest {

    private static final int THREADS = 20;

    @AutoClose
    private final OutboxFixture outbox;

    ManyAtOnceTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
    }

    @Test
    void manyClaimersTakeEveryRowOnce() throws Exception {
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, shard_key) SELECT 'welcome', CASE WHEN n % 5 = 0 THEN 's' END"
                        + " FROM generate_series(1, 200) n");
        Claims claims = new Claims(outbox.database.dataSource());
        List<Long> taken = atOnce(() -> {
                    List<Long> mine = new ArrayList<>();
                    List<ClaimedRow> batch = claims.claim(7, Duration.ofMinutes(1), EventTypes.all(), null)
                            .rows();
                    while (!batch.isEmpty()) {
                        batch.forEach(row -> mine.add(row.id()));
                        batch = claims.claim(7, Duration.ofMinutes(1), EventTypes.all(), null)
                                .rows();
                    }
                    return mine;
                })
                .stream()
                .flatMap(List::stream)
                .toList();
        // 160 without a shard, and the shard's head
        assertThat(taken).doesNotHaveDuplicates().hasSize(161);
    }

    @Test
    void ofManySendersAtTheGateOneSends() throws Exception {
        long id = outbox.inFlight();
        UUID key = outbox.key(id);
        Ledger ledger = new Ledger(outbox.database.dataSource());
        List<Admission> admissions =
                atOnce(() -> ledger.open(id, key, "r1", false, "smtp", "<m>", Duration.ofMinutes(1), false, Set.of())
                        .admission());
        assertThat(admissions).filteredOn(Admission.Send.class::isInstance).hasSize(1);
        assertThat(admissions)
                .filteredOn(other -> other instanceof Admission.InProgress || other instanceof Admission.Locked)
                .hasSize(THREADS - 1);
    }

    @Test
    void ofManySendersAtAnAttemptPastItsDeadlineOneSends() throws Exception {
        long id = outbox.inFlight();
        UUID key = outbox.key(id);
        Ledger ledger = new Ledger(outbox.database.dataSource());
        ledger.open(id, key, "r1", false, "smtp", "<m>", Duration.ofMinutes(1), false, Set.of());
        ledger.transmitting(new AttemptRef(id, key, 1, "w", "r1"), Duration.ofMinutes(1), Duration.ZERO);
        outbox.pastDeadline(id, 1);
        List<Admission> admissions =
                atOnce(() -> ledger.open(id, key, "r1", false, "smtp", "<m>", Duration.ofMinutes(1), false, Set.of())
                        .admission());
        assertThat(admissions)
                .filteredOn(Admission.Send.class::isInstance)
                .singleElement()
                .isEqualTo(new Admission.Send(2, 1, null, "{}", "{}"));
        outbox.assertThatRow(id, "attempts = 1");
    }

    @Test
    void ofManyResultsOfOneAttemptTheRowCountsOne() throws Exception {
        long id = outbox.inFlight();
        UUID key = outbox.key(id);
        Ledger ledger = new Ledger(outbox.database.dataSource());
        ledger.open(id, key, "r1", false, "smtp", "<m>", Duration.ofMinutes(1), false, Set.of());
        AttemptRef attempt = new AttemptRef(id, key, 1, "w", "r1");
        List<Boolean> news = atOnce(() -> ledger.accepted(attempt, "smtp", "250 ok", null) != null);
        assertThat(news).filteredOn(first -> first).hasSize(1);
        outbox.assertThatRow(id, "status = 'delivered' AND attempts = 1");
    }

    @Test
    void idsOfOneShardCommitInTheirOrder() throws Exception {
        outbox.database.execute("CREATE TABLE seen (id bigint, lower bigint)");
        atOnce(() -> {
            for (int i = 0; i < 10; i++) {
                enqueueAndCountLowerIds();
            }
            return true;
        });
        assertThat(outbox.database.number("SELECT count(*) FROM seen")).isEqualTo(THREADS * 10L);
        assertThat(outbox.database.number(
                        "SELECT count(*) FROM seen WHERE lower <> (SELECT count(*) FROM tempost.outbox o"
                                + " WHERE o.shard_key = 's' AND o.id < seen.id)"))
                .as("rows that a lower id of their shard committed after")
                .isZero();
    }

    private void enqueueAndCountLowerIds() throws SQLException {
        try (Connection connection = outbox.database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SELECT tempost.enqueue('welcome', shard_key => 's') AS id INTO TEMP mine");
            statement.execute("INSERT INTO seen SELECT mine.id, (SELECT count(*) FROM tempost.outbox o"
                    + " WHERE o.shard_key = 's' AND o.id < mine.id) FROM mine");
            connection.commit();
        }
    }

    private static <T> List<T> atOnce(Callable<T> work) throws InterruptedException, ExecutionException {
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<T>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                running.add(threads.submit(() -> {
                    start.await();
                    return work.call();
                }));
            }
            start.countDown();
            List<T> results = new ArrayList<>();
            for (Future<T> result : running) {
                results.add(result.get());
            }
            return results;
        }
    }
}
