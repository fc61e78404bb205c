package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What somebody plants in a schema that is looked in before ours runs nowhere in our SQL. */
@OnEveryPostgres
class SearchPathTest {

    @AutoClose
    private final OutboxFixture outbox;

    SearchPathTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
    }

    @Test
    void everyFunctionSaysWhereItLooksForNames() {
        assertThat(outbox.database.text("SELECT string_agg(p.proname, ', ') FROM pg_proc p"
                        + " WHERE p.pronamespace = 'tempost'::regnamespace AND p.prosqlbody IS NULL"
                        + " AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp']"))
                .isNull();
    }

    @Test
    void plantedOverloadsOfWhatItCallsAreNotRun() throws SQLException {
        String[] planted = {
            "hashtextextended(text, int) RETURNS bigint",
            "clock_timestamp() RETURNS timestamptz",
            "now() RETURNS timestamptz",
            "pg_notify(text, text) RETURNS void",
            "random() RETURNS double precision",
            "concat_ws(text, text, text) RETURNS text",
            "cardinality(bigint[]) RETURNS int",
            "set_config(text, text, boolean) RETURNS text",
            "current_setting(text, boolean) RETURNS text",
            "pg_try_advisory_xact_lock(bigint) RETURNS boolean",
            "array_to_string(text[], text) RETURNS text"
        };
        try (Connection connection = outbox.database.connect();
                Statement statement = connection.createStatement()) {
            for (String function : planted) {
                statement.execute("CREATE FUNCTION public." + function
                        + " LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a planted function ran'; END $$");
            }
            statement.execute("CREATE FUNCTION public.planted(text, text) RETURNS boolean LANGUAGE plpgsql AS"
                    + " $$ BEGIN RAISE EXCEPTION 'a planted operator ran'; END $$");
            statement.execute("CREATE OPERATOR public.= (leftarg = text, rightarg = text, procedure = public.planted)");
            statement.execute("CREATE TEMP TABLE outbox (id bigint)");
            statement.execute("SET search_path = pg_temp, public, pg_catalog");

            statement.execute("SELECT tempost.enqueue('welcome'::pg_catalog.text, shard_key => 's', object_key => 'o',"
                    + " job_id => 'j', dedup_key => 'd', deliver_after => pg_catalog.now())");
            statement.execute(
                    "SELECT tempost.enqueue('welcome'::pg_catalog.text, shard_key => 's', object_key => 'o')");
            statement.execute("SELECT tempost.pause('why', tenant => 'acme')");
            statement.execute("SELECT tempost.resume(tenant => 'acme')");
            statement.execute(
                    "SELECT tempost.look_for_work(5, '{\"\",\"\",\"\",\"\",\"\"}', '{\"\",\"\",\"\",\"\",\"\"}', NULL, 64)");
            statement.execute("SELECT tempost.claim(7, '1 minute', '[{\"priority\": 3, \"tenant\": \"default\","
                    + " \"event_type\": \"welcome\", \"first\": 1, \"share\": 7, \"skippable\": false, \"tenant_limit\": 9,"
                    + " \"provider_limit\": 9, \"listed\": false, \"event_types\": [\"x\"]}]')");
            statement.execute("SELECT tempost.open_attempt(o.id, o.key, 'r1', false, 'smtp', '<m>', '1 minute', false),"
                    + " tempost.refuse_attempt(o.id, o.key, 1, 'w', 'r1', 'smtp', 'transient', true, 'T', '451', '1 s'),"
                    + " tempost.open_attempt(o.id, o.key, 'r1', false, 'smtp', '<m>', '1 minute', false),"
                    + " tempost.accept_attempt(o.id, o.key, 2, 'w', 'r1', 'smtp', '250', NULL),"
                    + " tempost.mark(o.id, o.key, 'r1', 'w', false, 'failed', 'e', 'T', 'r'),"
                    + " tempost.settle(o.id, o.key, NULL, 'failed', 'r1', 'r', 'T', 'e') FROM tempost.outbox o");
            statement.execute(
                    "SELECT tempost.cancel_job('default', 'j', 'no'), tempost.expire(10),"
                            + " tempost.mend_turns('', '', 10), tempost.retry(1), tempost.dismiss(1, 'no'), tempost.cancel(2, 'no')");
            statement.execute("SELECT tempost.import('welcome', 'delivered')");
        }
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.outbox"))
                .isEqualTo(3);
        assertThat(new Claims(outbox.database.dataSource())
                        .claim(7, Duration.ofMinutes(1), EventTypes.all(), null)
                        .rows())
                .isEmpty();
    }
}
