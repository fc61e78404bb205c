package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.claim.ClaimRules;
import dev.tempost.outbox.claim.ClaimRules.Share;
import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.Mark;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.Erasure;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.SuppressionReason;
import dev.tempost.outbox.rows.Suppressions;
import dev.tempost.outbox.rows.Suppressions.Wanted;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What a producer plants in a schema that is looked in before ours runs nowhere in our SQL. */
@OnEveryPostgres
class SearchPathTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /**
     * As a producer: each function of PostgreSQL's that our SQL calls by name, with the same arguments, and each operator between
     * the types of our columns. Whatever cannot be written in plpgsql is left out.
     */
    private static final String PLANT = """
        CREATE TEMP TABLE planted (what text);
        DO $plant$
        DECLARE
            victim record;
        BEGIN
            FOR victim IN
                SELECT f.proname, pg_get_function_identity_arguments(f.oid) args, format_type(f.prorettype, NULL) returns, f.proretset
                FROM pg_proc f
                WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.prokind = 'f' AND EXISTS (
                    SELECT FROM pg_proc ours WHERE ours.pronamespace = 'tempost'::regnamespace
                      AND ours.prosrc ~ ('\\m' || f.proname || '\\('))
            LOOP
                BEGIN
                    EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS '
                        '$$ BEGIN RAISE EXCEPTION %L; END $$', victim.proname, victim.args,
                        CASE WHEN victim.proretset THEN 'SETOF' ELSE '' END, victim.returns, 'planted function ' || victim.proname);
                    INSERT INTO planted VALUES (victim.proname);
                EXCEPTION WHEN OTHERS THEN
                    NULL;
                END;
            END LOOP;
            FOR victim IN
                SELECT o.oprname, format_type(o.oprleft, NULL) l, format_type(o.oprright, NULL) r,
                       format_type(o.oprresult, NULL) result, o.oid
                FROM pg_operator o
                WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0
                  AND ARRAY[o.oprleft, o.oprright] <@ ARRAY['text'::regtype, 'int'::regtype, 'smallint'::regtype,
                      'bigint'::regtype, 'timestamptz'::regtype, 'interval'::regtype, 'float8'::regtype, 'uuid'::regtype,
                      'boolean'::regtype, 'numeric'::regtype, 'name'::regtype, 'jsonb'::regtype]::oid[]
            LOOP
                BEGIN
                    EXECUTE format('CREATE FUNCTION public.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS '
                        '$$ BEGIN RAISE EXCEPTION %L; END $$', 'planted_' || victim.oid, victim.l, victim.r, victim.result,
                        'planted operator ' || victim.oprname);
                    EXECUTE format('CREATE OPERATOR public.%s (leftarg = %s, rightarg = %s, procedure = public.%I)',
                        victim.oprname, victim.l, victim.r, 'planted_' || victim.oid);
                    INSERT INTO planted VALUES (victim.oprname);
                EXCEPTION WHEN OTHERS THEN
                    NULL;
                END;
            END LOOP;
        END
        $plant$;
        """;

    @AutoClose
    private final TestDatabase database;

    SearchPathTest(PostgresVersion version) {
        database = TestDatabase.create(version);
    }

    @Test
    void everyFunctionSaysWhereItLooksForNames() {
        assertThat(database.text("SELECT string_agg(p.proname, ', ') FROM pg_proc p"
                        + " WHERE p.pronamespace = 'tempost'::regnamespace AND p.prosqlbody IS NULL"
                        + " AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp']"))
                .isNull();
    }

    @Test
    void nothingThatAProducerPlantsIsRun() throws Exception {
        // as on PostgreSQL 14, and for everybody who may migrate there
        database.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
        try (Connection connection = database.dataSource(TestDatabase.PRODUCER).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(PLANT);
            try (var planted = statement.executeQuery(
                    "SELECT count(*) FILTER (WHERE what ~ '[a-z]'), count(*) FILTER (WHERE what !~ '[a-z]') FROM planted")) {
                planted.next();
                assertThat(planted.getInt(1)).as("functions").isGreaterThan(40);
                assertThat(planted.getInt(2)).as("operators").isGreaterThan(150);
            }
        }
        // what connects afterwards looks there first
        database.execute("""
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$
            """);

        try (Connection connection = database.dataSource(TestDatabase.SERVICE).getConnection();
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("SELECT now()")).hasMessageContaining("planted function now");
            assertThatThrownBy(() -> statement.execute("SELECT 'a'::text = 'a'::text"))
                    .hasMessageContaining("planted operator =");
        }

        asAProducer();
        asTheService(database.dataSource(TestDatabase.SERVICE));

        assertThat(database.text("SELECT pg_catalog.string_agg(status, ' ' ORDER BY id) FROM tempost.outbox"))
                .contains("delivered", "cancelled");
    }

    private void asAProducer() throws SQLException {
        try (Connection connection = database.dataSource(TestDatabase.PRODUCER).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMP TABLE outbox (id bigint)");
            statement.execute("CREATE TEMP TABLE pg_roles (rolname name)");
            statement.execute(
                    "SELECT tempost.enqueue('welcome', 'Ann <ann@example.org>', shard_key => 's', object_key => 'o', job_id => 'j',"
                            + " dedup_key => 'd', expires_at => 'infinity')");
            statement.execute("SELECT tempost.enqueue('welcome', shard_key => 's', object_key => 'o')");
            statement.execute("SELECT tempost.enqueue('welcome', tenant => 'acme', caused_by => 1)");
            statement.execute("INSERT INTO tempost.outbox (event_type, deliver_after, expires_at)"
                    + " VALUES ('welcome', '2020-01-01', 'infinity'), ('welcome', NULL, '2020-01-01')");
            statement.execute("SELECT tempost.cancel_job('default', 'j', 'no')");
        }
    }

    private static void asTheService(DataSource service) throws Exception {
        Claims claims = new Claims(
                service,
                new ClaimRules(
                        Map.of("acme", new Share(2, 5)),
                        List.of(),
                        new EventTypes(true, Set.of()),
                        ClaimRules.Batches.NONE));
        Ledger ledger = new Ledger(service);
        List<ClaimedRow> claimed =
                claims.claim(7, MINUTE, EventTypes.all(), null).rows();
        assertThat(claimed).hasSizeGreaterThan(1);
        AttemptRef first = open(ledger, claimed.get(0));
        ledger.transmitting(first, MINUTE, Duration.ofSeconds(1));
        ledger.accepted(first, "mail", "250", null);
        AttemptRef second = open(ledger, claimed.get(1));
        ledger.alive(second, MINUTE, MINUTE);
        ledger.refused(second, "mail", RefusedPhase.REJECTED, true, "T", "550", Duration.ZERO);
        ledger.mark(new Mark(second.id(), second.key(), "r", "w", false, RowStatus.FAILED, "550", "T", null));
        Rows rows = new Rows(service);
        rows.retry(second.id());
        rows.cancel(second.id(), "no");
        rows.find(second.id());
        rows.attempts(second.id());
        rows.failed(null, 10);
        claims.expire(10);
        claims.mendTurns();
        Pauses pauses = new Pauses(service);
        Pauses.Scope scope = new Pauses.Scope("acme", "welcome", "s");
        pauses.pause(scope, "why", "ada");
        pauses.active();
        claims.claim(7, MINUTE, EventTypes.all(), null);
        pauses.resume(scope, "ada");
        ProviderHealth health = new ProviderHealth(service);
        health.takeDown("mail", "T", "e", MINUTE);
        health.down();
        health.bringUp("mail");
        Backlog backlog = new Backlog(service);
        backlog.countWhenDue(Duration.ofSeconds(1), Duration.ofHours(1), Backlog.Named.NONE);
        backlog.counted();
        backlog.groups(null);
        Retention retention = new Retention(service);
        retention.scrub(RowStatus.CANCELLED, Duration.ZERO, 10);
        retention.remove(RowStatus.EXPIRED, Duration.ZERO, 10);
        retention.forgetAudit(Duration.ZERO, 10);
        retention.forgetRequests(10);
        new Erasure(service).step("nobody@example.org", null, 0, 10, "ada");
        Suppressions suppressions = new Suppressions(service);
        Wanted wanted = new Wanted("ann@example.org", SuppressionReason.MANUAL, "acme", null, null);
        suppressions.put(wanted, "ada");
        suppressions.putAll(List.of(wanted), "ada");
        suppressions.page(List.of("ann@example.org"), null, 10, 10);
        suppressions.remove("bob@example.org", null, null, "ada");
        suppressions.erase("acme", 10, "ada");
    }

    private static AttemptRef open(Ledger ledger, ClaimedRow row) {
        ledger.open(row.id(), row.key(), "r", false, "mail", "<m>", MINUTE, false, SuppressionReason.ALL);
        return new AttemptRef(row.id(), row.key(), 1, "w", "r");
    }
}
