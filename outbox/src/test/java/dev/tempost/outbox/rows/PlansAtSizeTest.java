package dev.tempost.outbox.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Among a million rows, each statement inside the claim finds its own by the index that is meant for it. */
// one after another: each holds the locks of the limits it claims under
@Execution(ExecutionMode.SAME_THREAD)
class PlansAtSizeTest {

    private static final Pattern SCAN =
            Pattern.compile("Scan (?:Backward )?using (\\w+) on outbox|Bitmap Index Scan on (outbox\\w*)");
    private static final String OFFER = "{\"priority\": 3, \"tenant\": \"t2\", \"event_type\": \"type2\", \"first\": 1,"
            + " \"share\": 200, \"skippable\": false, \"tenant_limit\": 100000, \"provider_limit\": 100000,"
            + " \"listed\": false, \"event_types\": []}";
    private static final String CLAIM =
            "SELECT * FROM tempost.claim(%1$d, %1$d, interval '1 minute', '[" + OFFER + "]')";
    private static final String IN_LANE = "\\(offer.priority, offer.tenant, offer.event_type, p_from\\)";
    private static final String LOOK =
            "SELECT * FROM tempost.look_for_work(5, '{t1,t1,t1,t1,t1}', '{a,a,a,a,a}', NULL, 64)";

    @SuppressWarnings("NullAway.Init") // set before the tests run
    private static TestDatabase database;

    @BeforeAll
    static void aMillionRows() throws SQLException {
        database = TestDatabase.create();
        database.execute("INSERT INTO tempost.outbox (event_type, tenant, status, finished_at, shard_key, object_key)"
                + " SELECT 'welcome', 't' || n % 5, 'delivered', now(), CASE WHEN n % 4 = 0 THEN 's' || n % 2000 END,"
                + " CASE WHEN n % 4 = 0 THEN 'o' || n % 7 END FROM generate_series(1, 900000) n");
        database.execute("INSERT INTO tempost.outbox (event_type, tenant, priority, shard_key, object_key)"
                + " SELECT 'type' || n % 4, 't' || n % 5, 1 + n % 5, CASE WHEN n % 3 = 0 THEN 's' || n % 2000 END,"
                + " CASE WHEN n % 6 = 0 THEN 'o' || n % 7 END FROM generate_series(1, 60000) n");
        database.execute("INSERT INTO tempost.outbox (event_type, tenant, waits_for, next_attempt_at)"
                + " SELECT 'welcome', 't' || n % 5, 'time', now() + (n - 500) * interval '1 minute'"
                + " FROM generate_series(1, 30000) n");
        database.execute("INSERT INTO tempost.outbox (event_type, tenant, status, dispatched_at, lease_until)"
                + " SELECT 'welcome', 't' || n % 5, 'dispatched', now(), CASE WHEN n % 20 = 0"
                + " THEN now() + interval '1 hour' END FROM generate_series(1, 10000) n");
        database.execute("INSERT INTO tempost.attempt (outbox_id, attempt, run_id, provider, deadline, finished_at)"
                + " SELECT id, 1, 'r', 'smtp', now(), CASE WHEN status = 'delivered' THEN now() END FROM tempost.outbox"
                + " WHERE status = 'delivered' AND id % 20 = 0 OR status = 'dispatched' AND lease_until IS NOT NULL");
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("VACUUM ANALYZE tempost.outbox, tempost.attempt");
        }
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void theClaimReadsItsLanesInTheirOrder() throws SQLException {
        String plans = plans(CLAIM.formatted(200));
        assertThat(indexes(planOf(plans, IN_LANE))).containsOnly("outbox_due");
        assertThat(planOf(plans, IN_LANE)).containsPattern("LockRows[^\\n]*\\n\\s*->[^\\n]*outbox_due");
        assertNoScanOfAll(plans);
    }

    @Test
    void theClaimStillDoesWhenMostRowsWerePending() throws SQLException {
        try (TestDatabase fresh = TestDatabase.create()) {
            fresh.execute("INSERT INTO tempost.outbox (event_type, tenant)"
                    + " SELECT 'type2', 't2' FROM generate_series(1, 50000)");
            fresh.execute("ANALYZE tempost.outbox");
            assertThat(planOf(plans(fresh, CLAIM.formatted(200)), IN_LANE))
                    .containsPattern("LockRows[^\\n]*\\n\\s*->[^\\n]*outbox_due");
        }
    }

    @Test
    void whatComesDueIsReadInItsOrder() throws SQLException {
        assertThat(indexes(planOf(plans(LOOK), "waits_for = NULL"))).containsOnly("outbox_later", "outbox_pkey");
    }

    @Test
    void lanesAreFoundByProbesOfTheClaimsIndex() throws SQLException {
        String plans = plans(
                "SELECT * FROM tempost.lanes_between((3, 't1', 'type2', NULL, NULL), (4, '', '', NULL, NULL), NULL, 16)");
        assertThat(indexes(plans)).containsOnly("outbox_due");
        // an equality beside the comparison of rows would have it read from the beginning of the priority on
        assertThat(plans).contains("ROW(priority, tenant, event_type) >").doesNotContain("(priority = ");
        assertNoScanOfAll(plans(LOOK));
    }

    @Test
    void limitsAreCountedByLeasesAndOpenAttempts() throws SQLException {
        String plans = plans(CLAIM.formatted(200));
        assertThat(indexes(planOf(plans, "f.tenant = offer.tenant"))).contains("outbox_leased");
        assertThat(plans).doesNotContain("Seq Scan on attempt");
    }

    @Test
    void theFirstOfAShardIsRead() throws SQLException {
        assertThat(indexes(plans("SELECT tempost.first_in_shard('t2', 's12')"))).containsOnly("outbox_shard");
    }

    @Test
    void theNewestOfAnObjectIsRead() throws SQLException {
        long id = database.number("INSERT INTO tempost.outbox (event_type, tenant, shard_key, object_key)"
                + " VALUES ('welcome', 't4', 's4', 'o4') RETURNING id");
        database.execute("INSERT INTO tempost.outbox (event_type, tenant, shard_key, object_key)"
                + " VALUES ('welcome', 't4', 's4', 'o4')");
        String plans = plans("SELECT tempost.supersede(" + id + ")");
        // whoever ends passes its turn on
        assertThat(indexes(plans)).containsOnly("outbox_object", "outbox_pkey", "outbox_shard");
        assertNoScanOfAll(plans);
    }

    @Test
    void theDeepestShardsAreCountedByTheirIndex() throws SQLException {
        String sql = Shards.DEEPEST
                .replaceFirst("\\?", "NULL")
                .replaceFirst("\\?", "NULL")
                .replaceFirst("\\?", "10");
        // in a function's place, so that it is over when its plan is read
        String plans = plans("DO $$ BEGIN PERFORM count(*) FROM (" + sql + ") deepest; END $$");
        // it may cut outbox_open with it
        assertThat(indexes(plans)).contains("outbox_shard");
        assertNoScanOfAll(plans);
    }

    private static void assertNoScanOfAll(String plans) {
        assertThat(plans).doesNotContain("Seq Scan on outbox");
    }

    private static List<String> indexes(String plans) {
        List<String> found =
                SCAN.matcher(plans).results().map(PlansAtSizeTest::index).toList();
        assertThat(found).as("indexes in %s", plans).isNotEmpty();
        return found;
    }

    private static String index(MatchResult scan) {
        return scan.group(1) == null ? scan.group(2) : scan.group(1);
    }

    /** The plan of the statement that contains this. */
    private static String planOf(String plans, String pattern) {
        return List.of(plans.split("(?=duration: )", -1)).stream()
                .filter(plan -> Pattern.compile(pattern).matcher(plan).find())
                .findFirst()
                .orElseThrow(() -> new AssertionError("no plan of " + pattern + " among " + plans));
    }

    private static String plans(String sql) throws SQLException {
        return plans(database, sql);
    }

    /** What the server did to run it, functions included, planned for all parameters; undone. */
    private static String plans(TestDatabase at, String sql) throws SQLException {
        try (Connection connection = at.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("LOAD 'auto_explain'");
            statement.execute("SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;"
                    + " SET plan_cache_mode = force_generic_plan; SET client_min_messages = log");
            connection.setAutoCommit(false);
            statement.execute(sql);
            StringBuilder plans = new StringBuilder();
            for (SQLWarning plan = statement.getWarnings(); plan != null; plan = plan.getNextWarning()) {
                plans.append(plan.getMessage()).append('\n');
            }
            connection.rollback();
            return plans.toString();
        }
    }
}
