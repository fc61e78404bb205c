package dev.tempost.app.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tempost.app.OneAtATime;
import dev.tempost.channels.email.testing.ScriptedSmtpServer.Phase;
import dev.tempost.outbox.rows.RowStatus;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@OneAtATime
class ReplicasTest {

    /** Half of them in shards of 15; {@code -Dtempost.test.replica-rows=5000} for more. */
    private static final int MANY = Integer.getInteger("tempost.test.replica-rows", 2_000);

    private static final int SHARDS = MANY / 30;
    private static final int SOME = 60;

    private final Installation tempost = new Installation();

    @AfterEach
    void stop() {
        tempost.close();
    }

    @Test
    void threeReplicasMakeOneWorkflowAndOneMailOfEachRowAndKeepTheOrderOfShards() {
        tempost.migrated();
        insertMany(MANY);
        tempost.start();
        tempost.start();
        tempost.start();

        tempost.awaitAll(RowStatus.DELIVERED, MANY);

        assertThat(tempost.smtp.received()).isEqualTo(MANY);
        assertThat(tempost.smtp.messages().stream()
                        .map(mail -> mail.to().getFirst())
                        .distinct()
                        .count())
                .as("different recipients")
                .isEqualTo(MANY);
        assertThat(tempost.number("SELECT count(*) FROM tempost.attempt")).isEqualTo(MANY);
        Map<Integer, List<Integer>> received = tempost.smtp.messages().stream()
                .map(mail -> Integer.valueOf(mail.to().getFirst().replaceAll("\\D", "")))
                .filter(number -> number % 2 == 0)
                .collect(Collectors.groupingBy(number -> number / 2 % SHARDS));
        assertThat(received).hasSize(SHARDS);
        assertThat(received.values()).allSatisfy(shard -> assertThat(shard).isSorted());
        String query = "TempostTenant = 'replicas'";
        await("every workflow to be listed")
                .atMost(Installation.TIMEOUT)
                .untilAsserted(() -> assertThat(tempost.temporal("workflow", "count", "--query", query))
                        .contains(Integer.toString(MANY)));
    }

    @Test
    void aProcessKilledInTheMiddleOfItsSendsLosesNothing() throws Exception {
        tempost.with("tempost.delivery.attempt-deadline", "8s")
                .with("tempost.starter.lease", "4s")
                .migrated();
        insertMany(SOME);
        tempost.smtp.atPhase(Phase.DATA).hang().times(5);
        Process victim = tempost.serve();
        // a process starts slowly beside three other tests
        await("a send in the middle of its conversation")
                .atMost(Installation.TIMEOUT.multipliedBy(4))
                .until(() -> tempost.smtp.received() > 5
                        && tempost.number("SELECT count(*) FROM tempost.attempt WHERE finished_at IS NULL") > 0);
        victim.destroyForcibly().waitFor();
        assertThat(tempost.number("SELECT count(*) FROM tempost.outbox WHERE status = 'delivered'"))
                .isLessThan(SOME);

        Process survivor = tempost.serve();
        try {
            tempost.awaitAll(RowStatus.DELIVERED, SOME);
        } finally {
            survivor.destroy();
            survivor.waitFor();
        }

        List<String> twice = tempost.smtp.messages().stream()
                .collect(Collectors.groupingBy(mail -> mail.to().getFirst(), Collectors.counting()))
                .entrySet()
                .stream()
                .filter(sent -> sent.getValue() > 1)
                .map(Map.Entry::getKey)
                .toList();
        assertThat(twice)
                .allSatisfy(address -> assertThat(tempost.number(
                                "SELECT count(*) FROM tempost.attempt a JOIN tempost.outbox o ON o.id = a.outbox_id"
                                        + " WHERE o.recipient = ? AND a.phase = 'ambiguous'",
                                address))
                        .as("recorded ambiguous attempts of a mail sent twice")
                        .isEqualTo(1));
    }

    private void insertMany(int count) {
        tempost.execute(
                "INSERT INTO tempost.outbox (tenant, event_type, recipient, payload, shard_key)"
                        + " SELECT 'replicas', 'welcome', 'r' || n || '@example.com', '{\"name\": \"Ada\"}',"
                        + " CASE WHEN n % 2 = 0 THEN 's' || n / 2 % ? END"
                        + " FROM generate_series(1, ?) n",
                SHARDS, count);
    }
}
