package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.ClaimRules.ProviderLimit;
import dev.tempost.outbox.claim.ClaimRules.Share;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Pauses.Scope;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** No row waits for a stranger: work a statement is bounded, places go round, and whatever puts a row off lets it go again. */
class LivenessTest {

    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final EventTypes NONE = new EventTypes(true, Set.of());

    @AutoClose
    private final OutboxFixture outbox = new OutboxFixture(PostgresVersion.CURRENT);

    private final Claims claims = new Claims(outbox.database.dataSource());

    private List<ClaimedRow> claim(Claims by, int limit) {
        return by.claim(limit, LEASE, EventTypes.all(), null).rows();
    }

    private void finish(List<ClaimedRow> rows) {
        for (ClaimedRow row : rows) {
            outbox.database.execute("SELECT tempost.finish(ARRAY[?::bigint], 'delivered', NULL)", row.id());
        }
    }

    private long inLine() {
        return outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE waits_for = 'turn'");
    }

    @Test
    void aDeepShardCostsAClaimABoundedNumberOfRows() {
        // one transaction a row, as applications do; so none lines up by itself
        outbox.database.execute("CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..3000 LOOP"
                + " INSERT INTO tempost.outbox (event_type, shard_key) VALUES ('welcome', 's'); COMMIT;"
                + " END LOOP; END $$");
        outbox.database.execute("CALL fill()");
        long stranger = outbox.row("tenant", "'stranger'");
        long behind = outbox.pending();

        Claims.Claimed first = claims.claim(7, LEASE, EventTypes.all(), null);
        assertThat(first.rows()).extracting(ClaimedRow::id).contains(stranger);
        assertThat(first.more()).isTrue();
        assertThat(inLine()).isBetween(1L, 100L);

        List<Long> taken = new ArrayList<>();
        for (int i = 0; i < 70 && !taken.contains(behind); i++) {
            claim(claims, 7).forEach(row -> taken.add(row.id()));
        }
        assertThat(taken)
                .as("of the same tenant and event type, behind the shard")
                .contains(behind);
    }

    @Test
    void rowsThatOneTransactionInsertsIntoAShardLineUpByThemselves() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key)"
                + " SELECT 'welcome', 's' FROM generate_series(1, 20000)");
        assertThat(inLine()).isEqualTo(19_999);
        long behind = outbox.pending();
        assertThat(claim(claims, 7)).hasSize(2).extracting(ClaimedRow::id).contains(behind);
    }

    @Test
    void aRowThatWasNotInsertedAfterAllLeavesNobodyInLineBehindIt() {
        outbox.database.execute("SELECT tempost.enqueue('welcome', shard_key => 's', dedup_key => 'd')");
        finish(claim(claims, 1));
        outbox.database.execute("SELECT tempost.enqueue('welcome', shard_key => 's', dedup_key => 'd');"
                + " SELECT tempost.enqueue('welcome', shard_key => 's')");
        assertThat(claim(claims, 7)).hasSize(1);
    }

    @Test
    void aRowThatItsOwnTransactionCancelsPassesItsTurnOn() {
        outbox.database.execute(
                "SELECT tempost.enqueue('welcome', shard_key => 's', job_id => 'j');"
                        + " SELECT tempost.enqueue('welcome', shard_key => 's'); SELECT tempost.cancel_job('default', 'j', 'no')");
        claims.mendTurns();
        assertThat(claim(claims, 7)).hasSize(1);
    }

    @Test
    void eventTypesOfATenantTakeTurnsAtOnePlace() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type) SELECT 'digest' FROM generate_series(1, 500)");
        outbox.database.execute("INSERT INTO tempost.outbox (event_type) SELECT 'reset' FROM generate_series(1, 8)");
        for (Claims one : List.of(
                new Claims(
                        outbox.database.dataSource(),
                        new ClaimRules(Map.of("default", new Share(1, 1)), List.of(), NONE, ClaimRules.Batches.NONE)),
                new Claims(
                        outbox.database.dataSource(),
                        new ClaimRules(
                                Map.of(),
                                List.of(new ProviderLimit(EventTypes.all(), 1)),
                                NONE,
                                ClaimRules.Batches.NONE)))) {
            Map<String, Integer> served = new HashMap<>();
            for (int i = 0; i < 8; i++) {
                List<ClaimedRow> taken = claim(one, 7);
                assertThat(taken).hasSize(1);
                served.merge(taken.getFirst().eventType(), 1, Integer::sum);
                finish(taken);
            }
            assertThat(served).containsEntry("reset", 4).containsEntry("digest", 4);
        }
    }

    @Test
    void aThousandTenantsAtTheirLimitsHoldUpNobody() {
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, tenant, status, dispatched_at, lease_until)"
                        + " SELECT 'welcome', 't' || n, 'dispatched', now(), now() + interval '1 hour' FROM generate_series(1, 1000) n");
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, tenant)"
                + " SELECT 'welcome', 't' || n % 1000 + 1 FROM generate_series(1, 3000) n");
        Map<String, Share> shares =
                IntStream.rangeClosed(1, 1000).boxed().collect(Collectors.toMap(n -> "t" + n, n -> new Share(1, 1)));
        Claims limited = new Claims(
                outbox.database.dataSource(), new ClaimRules(shares, List.of(), NONE, ClaimRules.Batches.NONE));
        long stranger = outbox.row("tenant", "'zzz'");

        assertThat(limited.claim(7, LEASE, EventTypes.all(), null))
                .as("it did not come to the stranger's lane, and says so")
                .isEqualTo(new Claims.Claimed(List.of(), false, true));
        Set<Long> taken = new HashSet<>();
        for (int i = 0; i < 6 && taken.isEmpty(); i++) {
            claim(limited, 7).forEach(row -> taken.add(row.id()));
        }
        assertThat(taken).containsExactly(stranger);
    }

    @Test
    void leasesThatRanOutAndLongSendsStillCountAgainstALimit() {
        Claims limited = new Claims(
                outbox.database.dataSource(),
                new ClaimRules(Map.of("default", new Share(1, 4)), List.of(), NONE, ClaimRules.Batches.NONE));
        for (int i = 0; i < 20; i++) {
            outbox.pending();
        }
        List<ClaimedRow> taken = claim(limited, 16);
        assertThat(taken).hasSize(4);
        outbox.database.execute(
                "UPDATE tempost.outbox SET lease_until = now() - interval '1 s' WHERE status = 'dispatched'");
        assertThat(claim(limited, 16)).as("leases that ran out").isEmpty();

        ClaimedRow slow = taken.getFirst();
        new Ledger(outbox.database.dataSource())
                .open(slow.id(), slow.key(), "r1", false, "smtp", "<m>", LEASE, false, Set.of());
        outbox.set(slow.id(), "lease_until = NULL");
        assertThat(claim(limited, 16)).as("a send without a lease").isEmpty();
    }

    @Test
    void shardsThatAnApplicationHoldsPassEverybodyElse() throws SQLException {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key)"
                + " SELECT 'welcome', 's' || n FROM generate_series(1, 50) n");
        outbox.database.execute("INSERT INTO tempost.shard (tenant, shard_key, head)"
                + " SELECT tenant, shard_key, id FROM tempost.outbox");
        long behind = outbox.pending();
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.shard FOR UPDATE");
            assertThat(claim(claims, 7)).extracting(ClaimedRow::id).containsExactly(behind);
            application.rollback();
        }
        outbox.database.execute("UPDATE tempost.outbox SET next_attempt_at = now() WHERE waits_for = 'time'");
        assertThat(claim(claims, 100)).hasSize(50);
    }

    @Test
    void aRowThatAnApplicationHoldsIsNotWaitedForAtTheGate() throws SQLException {
        long id = outbox.inFlight();
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT tempost.cancel_rows(ARRAY[" + id + "], 'perhaps')");
            assertThat(new Ledger(outbox.database.dataSource())
                            .open(id, outbox.key(id), "r1", false, "smtp", "<m>", LEASE, false, Set.of())
                            .admission())
                    .isInstanceOf(Admission.Locked.class);
            application.rollback();
        }
    }

    @Test
    void anOutcomeGetsThroughAlthoughAnApplicationHoldsItsShard() throws SQLException {
        long head = outbox.row("shard_key", "'s'");
        long next = outbox.row("shard_key", "'s'");
        assertThat(claim(claims, 7)).extracting(ClaimedRow::id).containsExactly(head);
        Ledger ledger = new Ledger(outbox.database.dataSource());
        ledger.open(head, outbox.key(head), "r1", false, "smtp", "<m>", LEASE, false, Set.of());
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.shard FOR UPDATE");
            assertThat(ledger.accepted(new AttemptRef(head, outbox.key(head), 1, "w", "r1"), "smtp", "250 ok", null))
                    .isNotNull();
            application.rollback();
        }
        assertThat(claims.mendTurns()).isEqualTo(1);
        assertThat(claim(claims, 7)).extracting(ClaimedRow::id).containsExactly(next);
    }

    @Test
    void aShardThatIsResumedWhileAClaimPutsItOffIsLookedAtAgain() throws SQLException {
        Pauses pauses = new Pauses(outbox.database.dataSource());
        Scope shard = new Scope("default", null, "s");
        long id = outbox.row("shard_key", "'s'");
        pauses.pause(shard, "why", "ada");
        try (Connection claiming = outbox.database.connect();
                Statement statement = claiming.createStatement()) {
            claiming.setAutoCommit(false);
            statement.execute(
                    "SELECT tempost.claim(7, 7, interval '1 minute', '[{\"priority\": 3, \"tenant\": \"default\","
                            + " \"event_type\": \"welcome\", \"first\": 1, \"share\": 7, \"skippable\": false}]')");
            assertThat(pauses.resume(shard, "ada")).isTrue();
            claiming.commit();
        }
        outbox.assertThatRow(id, "waits_for = 'time' AND next_attempt_at < clock_timestamp() + interval '31 s'");
    }

    @Test
    void manyScheduledShardsAreNothingToLookAt() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key, deliver_after)"
                + " SELECT 'welcome', 's' || n, now() + interval '1 day' FROM generate_series(1, 2000) n");
        long due = outbox.pending();
        assertThat(claim(claims, 7)).extracting(ClaimedRow::id).containsExactly(due);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.shard")).isZero();
        assertThat(outbox.database.number(
                        "SELECT count(*) FROM tempost.outbox WHERE status = 'pending' AND waits_for IS NULL"))
                .isZero();
    }

    @Test
    void noWaitAtTheGateIsWrittenTwiceInAFewMinutes() {
        long id = outbox.inFlight();
        new ProviderHealth(outbox.database.dataSource()).takeDown("smtp", "ProviderUnavailable", "421", LEASE);
        Ledger ledger = new Ledger(outbox.database.dataSource());
        ledger.open(id, outbox.key(id), "r1", false, "smtp", "<m>", LEASE, false, Set.of());
        String written = outbox.column(id, "ctid::text");
        for (int i = 0; i < 3; i++) {
            assertThat(ledger.open(id, outbox.key(id), "r1", false, "smtp", "<m>", LEASE, false, Set.of())
                            .admission())
                    .isInstanceOf(Admission.ProviderDown.class);
        }
        assertThat(outbox.column(id, "ctid::text")).isEqualTo(written);
    }

    @Test
    void theNextLookComesWhenTheRowExpires() {
        long id = outbox.inFlight();
        outbox.set(id, "expires_at = clock_timestamp() + interval '20 s'");
        Ledger ledger = new Ledger(outbox.database.dataSource());
        ledger.open(id, outbox.key(id), "r1", false, "smtp", "<m>", LEASE, false, Set.of());
        AttemptRef attempt = new AttemptRef(id, outbox.key(id), 1, "w", "r1");
        Duration wait =
                ledger.refused(attempt, "smtp", RefusedPhase.TRANSIENT, true, "Greylisted", "451", Duration.ofHours(1));
        assertThat(wait).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(20));
    }

    @Test
    void mendingTurnsReadsTheShardsItLooksAtAndNoOtherRow() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, status, finished_at)"
                + " SELECT 'welcome', 'delivered', now() FROM generate_series(1, 20000)");
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key)"
                + " SELECT 'welcome', 's' || n FROM generate_series(1, 300) n");
        long before = rowsRead();
        claims.mendTurns();
        assertThat(rowsRead() - before).isLessThan(20_000);
    }

    /** By whole scans of the table, in this database. */
    private long rowsRead() {
        outbox.database.execute("SELECT pg_stat_clear_snapshot()");
        return outbox.database.number(
                "SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_all_tables WHERE relname = 'outbox'");
    }

    @Test
    void aTurnThatCannotBePassedOnIsNoReasonToGoOnMending() throws SQLException {
        long head = outbox.row("shard_key", "'s'");
        long next = outbox.row("shard_key", "'s'");
        List<ClaimedRow> taken = claim(claims, 7);
        assertThat(taken).extracting(ClaimedRow::id).containsExactly(head);
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT FROM tempost.outbox WHERE id = " + next + " FOR UPDATE");
            finish(taken);
            assertThat(claims.mendTurns()).isZero();
            assertThat(claims.mendTurns()).isZero();
            application.rollback();
        }
        assertThat(claims.mendTurns()).isEqualTo(1);
        assertThat(claim(claims, 7)).extracting(ClaimedRow::id).containsExactly(next);
    }

    @Test
    void aCancelThatReadsAnOldSnapshotLeavesTheTurnToBeMended() throws SQLException {
        long first = outbox.row("shard_key", "'s'");
        List<ClaimedRow> taken = claim(claims, 7);
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key)"
                + " SELECT 'second', 's' FROM generate_series(1, 2)");
        assertThat(taken).extracting(ClaimedRow::id).containsExactly(first);
        try (Connection application = outbox.database.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            application.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT count(*) FROM tempost.shard");
            finish(taken);
            statement.execute("SELECT tempost.cancel(" + (first + 1) + ", 'old')");
            application.commit();
        }
        claims.mendTurns();
        assertThat(claim(claims, 7)).extracting(ClaimedRow::id).containsExactly(first + 2);
    }

    @Test
    void lanesThatMayNotGoDoNotHideAnUrgentOneBehindThem() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, tenant, priority)"
                + " SELECT 'welcome', 'p' || n, 1 FROM generate_series(1, 80) n");
        Pauses pauses = new Pauses(outbox.database.dataSource());
        for (int i = 1; i <= 80; i++) {
            pauses.pause(new Scope("p" + i, null, null), "why", "ada");
        }
        outbox.database.execute("INSERT INTO tempost.outbox (event_type) SELECT 'bulk' FROM generate_series(1, 200)");
        long urgent = outbox.row("tenant, priority", "'zzz'", "1");
        Set<Long> taken = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            claim(claims, 7).forEach(row -> taken.add(row.id()));
        }
        assertThat(taken).contains(urgent);
    }

    @Test
    void neverIsATimeThatARowMayHave() {
        long id = outbox.row("expires_at, deliver_after", "'infinity'", "'-infinity'");
        outbox.assertThatRow(id, "expires_at IS NULL AND deliver_after IS NULL");
        assertThat(claim(claims, 7)).hasSize(1);
    }

    @Test
    void cancellingRowsOfAFewShardsByTurnsLooksForTheNextOnce() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key, job_id)"
                + " SELECT 'welcome', 's' || n % 2, 'j' FROM generate_series(1, 3000) n");
        assertThat(inLine()).isEqualTo(2998);
        assertThat(outbox.database.number("SELECT tempost.cancel_job('default', 'j', 'no')"))
                .isEqualTo(3000);
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.stuck_turn"))
                .isLessThanOrEqualTo(2);
    }

    @Test
    void anUrgentRowThatComesDueWaitsBehindNoOthers() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, deliver_after)"
                + " SELECT 'digest', now() + interval '1 hour' FROM generate_series(1, 2000)");
        long urgent = outbox.row("priority, deliver_after", "1", "now() + interval '1 hour'");
        outbox.database.execute(
                "UPDATE tempost.outbox SET next_attempt_at = now() - interval '1 s' WHERE priority = 3");
        outbox.database.execute("UPDATE tempost.outbox SET next_attempt_at = now() WHERE priority = 1");
        outbox.database.execute(
                "SET session_replication_role = replica;"
                        + " UPDATE tempost.outbox SET deliver_after = now() - interval '2 s'; SET session_replication_role = origin");
        assertThat(claim(claims, 7)).extracting(ClaimedRow::id).contains(urgent);
    }
}
