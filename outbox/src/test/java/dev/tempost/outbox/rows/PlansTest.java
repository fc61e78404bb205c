package dev.tempost.outbox.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every query of the engine finds its rows by its index among many that are delivered. */
@OnEveryPostgres
class PlansTest {

    @AutoClose
    private final OutboxFixture outbox;

    PlansTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
    }

    @BeforeEach
    void manyRowsOfWhichFewAreOpen() {
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, status, finished_at)"
                + " SELECT 'welcome', 'delivered', now() FROM generate_series(1, 6000)");
        outbox.database.execute("INSERT INTO tempost.outbox (event_type, shard_key, expires_at, job_id)"
                + " SELECT 'welcome', 's' || n % 50, now() + n * interval '1 minute', 'j' || n % 100"
                + " FROM generate_series(1, 400) n");
        outbox.database.execute(
                "INSERT INTO tempost.outbox (event_type, status, dispatched_at, lease_until, cancel_requested_at)"
                        + " SELECT 'welcome', 'dispatched', now(), now() + n * interval '1 minute',"
                        + " CASE WHEN n % 10 = 0 THEN now() END FROM generate_series(1, 400) n");
        outbox.database.execute("VACUUM ANALYZE tempost.outbox");
        outbox.database.execute("INSERT INTO tempost.suppression (address, reason, tenant)"
                + " SELECT 'a' || n || '@h' || n % 50 || '.example', 'manual', CASE WHEN n % 2 = 0 THEN 't' || n % 3000 END"
                + " FROM generate_series(1, 6000) n");
        outbox.database.execute("VACUUM ANALYZE tempost.suppression");
    }

    @Test
    void theGateLooksASuppressionUpByItsAddress() throws SQLException {
        // the statement of tempost.suppressed_by
        assertThat(plan(
                        "SELECT * FROM tempost.suppression c WHERE c.address = ANY (?)"
                                + " AND coalesce(c.tenant, '') IN ('', ?) AND c.reason = ANY (?)"
                                + " AND (c.expires_at IS NULL OR c.expires_at > now()) ORDER BY c.address LIKE '@%', c.reason LIMIT 1",
                        "text[], text, text[]", "'{a1@h1.example, @h1.example}', 't1', '{manual}'"))
                .contains("suppression_address")
                .containsPattern("Index Cond: .*address = ANY")
                .doesNotContain("Seq Scan");
    }

    @Test
    void thePagesOfSuppressionsAreReadInTheirOrder() throws SQLException {
        assertThat(plan(Suppressions.NEWEST, "bigint, bigint", "5000, 50"))
                .contains("suppression_pkey")
                .doesNotContain("Seq Scan", "Sort");
        assertThat(plan(Suppressions.AFTER, "bigint, bigint", "5000, 50"))
                .contains("suppression_pkey")
                .doesNotContain("Seq Scan", "Sort");
        assertThat(plan(Suppressions.OF_TENANT, "text, bigint, bigint", "'t2', 5000, 50"))
                .contains("suppression_tenant")
                .doesNotContain("Seq Scan", "Sort");
        assertThat(plan(
                        Suppressions.OF_ADDRESSES,
                        "text[], text, text, bigint, bigint",
                        "'{a1@h1.example}', NULL, NULL, 5000, 50"))
                .contains("suppression_address")
                .doesNotContain("Seq Scan");
    }

    @Test
    void theReclaimReadsTheLeasesThatRanOut() throws SQLException {
        assertThat(plan(DispatchedRows.RECLAIM, "bigint, bigint", "16, 60000"))
                .contains("outbox_leased")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void theExpiryReadsWhatExpires() throws SQLException {
        // the statement of tempost.expire
        assertThat(plan(
                        "SELECT o.id FROM tempost.outbox o WHERE o.status = 'pending' AND o.expires_at <= now()"
                                + " ORDER BY o.expires_at LIMIT ? FOR NO KEY UPDATE SKIP LOCKED",
                        "bigint",
                        "100"))
                .contains("outbox_expiring")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void theCancelSignalsReadWhatIsToBeCancelled() throws SQLException {
        assertThat(plan(DispatchedRows.CANCELLING, "bigint, bigint", "0, 100"))
                .contains("outbox_cancelling")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void theReconciliationReadsWhatIsDispatched() throws SQLException {
        assertThat(plan(Reconciliation.COUNT, "bigint", "5000"))
                .contains("outbox_open")
                .doesNotContain("Seq Scan on outbox");
        assertThat(plan(Reconciliation.AFTER, "bigint, bigint, bigint", "5000, 0, 1000"))
                .contains("outbox_open")
                .doesNotContain("Seq Scan on outbox");
        assertThat(plan(Reconciliation.AMONG, "bigint[]", "'{1, 2, 3}'"))
                .contains("outbox_pkey")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void theLookAtWhatIsUnderWayReadsItById() throws SQLException {
        assertThat(plan(DispatchedRows.STAGES, "bigint[]", "'{1, 2, 3}'"))
                .contains("outbox_pkey", "attempt_")
                .doesNotContain("outbox_open", "Seq Scan", "Join", "Hash");
    }

    @Test
    void theRetentionReadsWhatIsOld() throws SQLException {
        assertThat(plan(Retention.REMOVE, "text, boolean, bigint, bigint", "'delivered', true, 60000, 500"))
                .contains("outbox_finished")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void theRetentionReadsTheLoginsThatEnded() throws SQLException {
        outbox.database.execute(
                "INSERT INTO tempost.token (name, role, hash, created_by, expires_at)"
                        + " SELECT 'login:ada:' || n, 'viewer', decode(md5(n::text), 'hex'), 'root', now() FROM generate_series(1, 1000) n");
        outbox.database.execute("INSERT INTO tempost.token (name, role, hash, created_by)"
                + " SELECT 'ada' || n, 'viewer', decode(md5('x' || n), 'hex'), 'root' FROM generate_series(1, 4000) n");
        outbox.database.execute("VACUUM ANALYZE tempost.token");
        assertThat(plan(Retention.FORGET_LOGINS, "bigint", "500"))
                .contains("token_login_end", "token_pkey")
                .doesNotContain("Seq Scan");
    }

    @Test
    void theCancelOfAJobReadsItsRows() throws SQLException {
        // the statement of tempost.cancel_job
        assertThat(plan(
                        "UPDATE tempost.outbox o SET cancel_requested_at = now() WHERE o.tenant = ? AND o.job_id = ?"
                                + " AND o.status IN ('pending', 'dispatched')",
                        "text, text",
                        "'default', 'j1'"))
                .contains("outbox_job")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void aPageOfRowsReadsItsStretchAndNoMore() throws SQLException {
        assertThat(plan(RowSearch.of(RowSearch.END, false), "bigint, bigint", "6000, 1000"))
                .contains("outbox_pkey")
                .doesNotContain("Seq Scan", "Sort");
        assertThat(plan(RowSearch.of(RowSearch.END, true), "bigint, bigint", "6000, 1000"))
                .contains("outbox_failed")
                .doesNotContain("Seq Scan", "Sort");
        String parameters = "6000, 5900, '{\"tenant\": \"acme\", \"status\": \"delivered\"}', 50";
        assertThat(plan(RowSearch.of(RowSearch.STRETCH_OF, false), "bigint, bigint, jsonb, bigint", parameters))
                .contains("outbox_pkey")
                .doesNotContain("Seq Scan", "Function Scan");
        assertThat(plan(RowSearch.of(RowSearch.STRETCH_OF, true), "bigint, bigint, jsonb, bigint", parameters))
                .contains("outbox_failed")
                .doesNotContain("Seq Scan", "Function Scan");
    }

    @Test
    void deadLettersByCauseReadWhatFailed() throws SQLException {
        assertThat(plan(RowSearch.CAUSES, "text, text, bigint", "NULL, NULL, 20000"))
                .contains("outbox_failed")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void whatEndedLatelyIsReadByItsEnd() throws SQLException {
        assertThat(plan(
                        Backlog.ENDED,
                        "text[], bigint, text, text, bigint",
                        "'{delivered, failed}', 2000, NULL, NULL, 200000"))
                .contains("outbox_finished")
                .doesNotContain("Seq Scan on outbox");
    }

    @Test
    void whatIsStuckReadsOpenRowsAShardsDepthItsRowsAndAHistoryItsRow() throws SQLException {
        assertThat(plan("SELECT why, count(*) FROM tempost.stuck WHERE tenant = ? GROUP BY why", "text", "'default'"))
                .contains("outbox_open")
                .doesNotContain("Seq Scan on outbox");
        assertThat(plan("SELECT * FROM tempost.stuck ORDER BY since LIMIT ?", "bigint", "20"))
                .contains("outbox_open")
                .doesNotContain("Seq Scan on outbox");
        assertThat(plan("SELECT * FROM tempost.shard_depth ORDER BY depth DESC LIMIT ?", "bigint", "10"))
                .contains("outbox_shard")
                .doesNotContain("Seq Scan on outbox");
        assertThat(plan("SELECT * FROM tempost.object_history WHERE id = ? ORDER BY attempt", "bigint", "7"))
                .contains("outbox_pkey", "attempt_")
                .doesNotContain("Seq Scan");
    }

    /** As it is planned once for all parameters, which is what a long-lived connection ends with. */
    private String plan(String sql, String types, String parameters) throws SQLException {
        String numbered = sql;
        for (int i = 1; numbered.indexOf('?') >= 0; i++) {
            numbered = numbered.replaceFirst("\\?", "\\$" + i);
        }
        try (Connection connection = outbox.database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SET plan_cache_mode = force_generic_plan");
            statement.execute("PREPARE planned (" + types + ") AS " + numbered);
            StringBuilder plan = new StringBuilder();
            try (ResultSet lines = statement.executeQuery("EXPLAIN EXECUTE planned (" + parameters + ")")) {
                while (lines.next()) {
                    plan.append(lines.getString(1)).append('\n');
                }
            }
            return plan.toString();
        }
    }
}
