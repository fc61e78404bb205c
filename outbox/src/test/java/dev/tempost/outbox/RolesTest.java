package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.claim.Claims;
import dev.tempost.outbox.claim.EventTypes;
import dev.tempost.outbox.database.Login;
import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.ledger.Admission;
import dev.tempost.outbox.ledger.AttemptRef;
import dev.tempost.outbox.ledger.Ledger;
import dev.tempost.outbox.ledger.Mark;
import dev.tempost.outbox.ledger.ProviderHealth;
import dev.tempost.outbox.ledger.RefusedPhase;
import dev.tempost.outbox.rows.Backlog;
import dev.tempost.outbox.rows.ClaimedRow;
import dev.tempost.outbox.rows.Pauses;
import dev.tempost.outbox.rows.Retention;
import dev.tempost.outbox.rows.RowSearch;
import dev.tempost.outbox.rows.RowStatus;
import dev.tempost.outbox.rows.Rows;
import dev.tempost.outbox.rows.Shards;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may do what, with the roles of {@code tempost-roles.sql} and a login in each of them. */
@OnEveryPostgres
class RolesTest {

    private static final String NO_RIGHT = "42501";
    private static final List<String> ROLES =
            List.of("service", "producer", "operator", "reader", "observer", "stranger");

    private static final Map<String, Set<String>> FUNCTIONS = Map.of(
            "producer", Set.of("enqueue", "cancel_job"),
            "operator",
                    Set.of(
                            "backlog_groups",
                            "retry",
                            "dismiss",
                            "cancel",
                            "correct",
                            "send_now",
                            "resend",
                            "pause",
                            "resume",
                            "hurry",
                            "hold",
                            "bulk",
                            "cancel_bulk",
                            "preview_bulk",
                            "erase",
                            "suppress",
                            "suppress_all",
                            "unsuppress",
                            "erase_suppressions",
                            "pause_of",
                            "ahead",
                            "cause"),
            "reader", Set.of("backlog_groups", "cause"),
            "observer", Set.of(),
            "stranger", Set.of());
    private static final Set<String> READABLE = Set.of(
            "attempt",
            "pause",
            "provider",
            "backlog",
            "backlog_count",
            "backlog_now",
            "open_row",
            "in_flight",
            "stuck");
    private static final Set<String> OBSERVABLE = Set.of("backlog", "backlog_count", "backlog_now", "stuck");

    private final TestDatabase database;

    RolesTest(PostgresVersion version) {
        database = TestDatabase.empty(version);
    }

    @BeforeEach
    void rolesAndLogins() {
        database.execute(Schema.roles());
        for (String role : List.of("owner", "service", "producer", "operator", "reader", "observer")) {
            database.execute("CREATE ROLE " + login(role) + " LOGIN IN ROLE tempost_" + role);
        }
        database.execute("CREATE ROLE " + login("stranger") + " LOGIN");
        Schema.migrate(as("owner"));
    }

    @AfterEach
    void dropLogins() {
        database.execute("DROP ROLE " + login("owner") + ", " + login("service") + ", " + login("producer") + ", "
                + login("operator") + ", " + login("reader") + ", " + login("observer") + ", " + login("stranger"));
        database.close();
    }

    private String login(String role) {
        return database.name() + "_" + role;
    }

    private DataSource as(String role) {
        return database.dataSource(login(role));
    }

    /** Runs a statement and takes it back; whether the role had the right to. */
    private boolean may(String role, String sql) throws SQLException {
        try (Connection connection = as(role).getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(sql);
            connection.rollback();
            return true;
        } catch (SQLException e) {
            return !NO_RIGHT.equals(e.getSQLState());
        }
    }

    private String value(String role, String sql) throws SQLException {
        try (Connection connection = as(role).getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return String.valueOf(result.getString(1));
        }
    }

    private List<String> names(String query) throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                names.add(result.getString(1));
            }
        }
        return names;
    }

    @Test
    void everyRoleReadsAndWritesTheTablesItIsForAndNoOther() throws SQLException {
        List<String> tables = names("SELECT relname FROM pg_class WHERE relnamespace = 'tempost'::regnamespace"
                + " AND relkind = 'r' ORDER BY relname");
        List<String> views = names("SELECT relname FROM pg_class WHERE relnamespace = 'tempost'::regnamespace"
                + " AND relkind = 'v' ORDER BY relname");
        assertThat(tables).contains("outbox", "attempt", "audit").hasSizeGreaterThan(10);
        Set<String> allowed = new TreeSet<>();
        Set<String> expected = new TreeSet<>();
        for (String role : ROLES) {
            for (String relation : tables) {
                String column = names(
                                "SELECT attname FROM pg_attribute WHERE attrelid = 'tempost." + relation
                                        + "'::regclass AND attnum > 0 AND attidentity = '' AND attgenerated = '' ORDER BY attnum")
                        .getFirst();
                Map<String, String> statements = Map.of(
                        "read", "SELECT * FROM tempost." + relation,
                        "insert", "INSERT INTO tempost." + relation + " DEFAULT VALUES",
                        "update", "UPDATE tempost." + relation + " SET " + column + " = " + column,
                        "delete", "DELETE FROM tempost." + relation,
                        "truncate", "TRUNCATE tempost." + relation + " CASCADE",
                        "alter", "ALTER TABLE tempost." + relation + " ADD COLUMN planted int");
                for (Map.Entry<String, String> statement : statements.entrySet()) {
                    String what = role + " " + statement.getKey() + " " + relation;
                    if (may(role, statement.getValue())) {
                        allowed.add(what);
                    }
                    boolean reads = statement.getKey().equals("read");
                    boolean expects = role.equals("service")
                            ? !Set.of("truncate", "alter").contains(statement.getKey())
                            : reads && isReadable(role, relation);
                    // some of its columns
                    if (expects || what.equals("producer insert outbox")) {
                        expected.add(what);
                    }
                }
            }
            for (String view : views) {
                if (may(role, "SELECT * FROM tempost." + view)) {
                    allowed.add(role + " read " + view);
                }
                if (role.equals("service") || isReadable(role, view)) {
                    expected.add(role + " read " + view);
                }
            }
        }
        assertThat(allowed).isEqualTo(expected);
    }

    private static boolean isReadable(String role, String relation) {
        return switch (role) {
            // what seals a login under way is for nobody to see
            case "operator" -> !relation.equals("login_key");
            case "reader" -> READABLE.contains(relation);
            case "observer" -> OBSERVABLE.contains(relation);
            default -> false;
        };
    }

    @Test
    void everyRoleCallsTheFunctionsItIsForAndNoOther() throws SQLException {
        for (String role : ROLES) {
            List<String> callable =
                    names("SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'tempost'::regnamespace"
                            + " AND has_function_privilege('" + login(role) + "', oid, 'EXECUTE')");
            if (role.equals("service")) {
                assertThat(callable).contains("claim", "open_attempt", "mark", "scrub");
            } else {
                assertThat(callable).as(role).containsExactlyInAnyOrderElementsOf(FUNCTIONS.get(role));
            }
            assertThat(may(role, "CREATE TABLE tempost.planted ()")).as(role).isFalse();
            assertThat(may(role, "DROP FUNCTION tempost.claim")).as(role).isFalse();
        }
    }

    @Test
    void aReaderSeesStatesAndNeitherRecipientsNorContent() throws SQLException {
        database.execute("SELECT tempost.enqueue('welcome', 'ada@example.org')");

        assertThat(value("reader", "SELECT status || event_type FROM tempost.outbox"))
                .isEqualTo("pendingwelcome");
        assertThat(may("reader", "SELECT actor, action, detail FROM tempost.audit"))
                .isTrue();
        assertThat(may("reader", "SELECT before FROM tempost.audit")).isFalse();
        for (String column : List.of("recipient", "payload", "headers", "dedup_key")) {
            assertThat(may("reader", "SELECT " + column + " FROM tempost.outbox"))
                    .as(column)
                    .isFalse();
        }
        assertThat(new Rows(as("reader")).find(1)).isNotNull();
        assertThat(new Backlog(as("reader")).groups(null)).hasSize(1);
    }

    @Test
    void anOperatorChangesTheSuppressionListByFunctionsAndAReaderSeesNoAddress() throws SQLException {
        assertThat(value("operator", "SELECT tempost.suppress('ada@example.org', 'manual', actor => 'ada')"))
                .isEqualTo("t");
        assertThat(value("operator", "SELECT address FROM tempost.suppression")).isEqualTo("ada@example.org");
        assertThat(may("operator", "INSERT INTO tempost.suppression (address, reason) VALUES ('a@b.c', 'manual')"))
                .isFalse();
        assertThat(may("reader", "SELECT id FROM tempost.suppression")).isFalse();
        assertThat(may("producer", "SELECT tempost.suppress('ada@example.org', 'manual')"))
                .isFalse();
        assertThat(value("service", "SELECT tempost.suppressed_by('t', 'ada@example.org', '{manual}')"))
                .isEqualTo("its address is suppressed: by an operator");
        assertThat(value("operator", "SELECT tempost.unsuppress('ada@example.org')"))
                .isEqualTo("1");
    }

    @Test
    void anObserverSeesWhatIsStuckAndNoRow() throws SQLException {
        database.execute("SELECT tempost.enqueue('welcome', 'ada@example.org', shard_key => 'ada@example.org')");
        database.execute(
                "INSERT INTO tempost.outbox (event_type, created_at) VALUES ('welcome', now() - interval '1 hour')");
        for (String view : List.of("stuck", "shard_depth", "object_history", "backlog_now")) {
            assertThat(database.number("SELECT count(*) FROM tempost." + view))
                    .as(view)
                    .isPositive();
        }

        for (String role : List.of("observer", "reader")) {
            assertThat(value(role, "SELECT why FROM tempost.stuck")).isEqualTo("unclaimed");
            assertThat(value(role, "SELECT detail FROM tempost.stuck")).isEqualTo("null");
            assertThat(value(role, "SELECT tenant || depth || head_status FROM tempost.shard_depth"))
                    .isEqualTo("default1pending");
            assertThat(value(role, "SELECT status FROM tempost.object_history WHERE id = 1"))
                    .isEqualTo("pending");
            assertThat(may(role, "SELECT shard_key FROM tempost.shard_depth")).isFalse();
            assertThat(may(role, "SELECT 1 FROM tempost.object_history WHERE shard_key = 'ada@example.org'"))
                    .isFalse();
            assertThat(may(role, "SELECT object_key FROM tempost.object_history"))
                    .isFalse();
        }
        assertThat(value("observer", "SELECT rows FROM tempost.backlog_now")).isEqualTo("2");
        assertThat(may("observer", "SELECT id FROM tempost.outbox")).isFalse();
        assertThat(may("observer", "SELECT reply FROM tempost.attempt")).isFalse();
        assertThat(value("operator", "SELECT shard_key FROM tempost.shard_depth"))
                .isEqualTo("ada@example.org");
        assertThat(
                        names(
                                "SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid IN"
                                        + " ('tempost.stuck'::regclass, 'tempost.shard_depth'::regclass, 'tempost.object_history'::regclass)"))
                .doesNotContain("recipient", "payload", "headers", "dedup_key");
    }

    @Test
    void aProducerWritesWhatIsItsAndNothingElse() throws SQLException {
        try (Connection connection = as("producer").getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO tempost.outbox (event_type, recipient, shard_key, deliver_after, expires_at)"
                    + " VALUES ('welcome', 'a@example.org', 's', now() + interval '1 hour', 'infinity'),"
                    + " ('welcome', 'b@example.org', 's', NULL, NULL) RETURNING id");
            statement.execute("SELECT tempost.enqueue('welcome', job_id => 'j')");
            statement.execute("SELECT tempost.cancel_job('default', 'j', 'no longer')");
        }

        assertThat(database.text(
                        "SELECT string_agg(status || coalesce(waits_for, ''), ' ' ORDER BY id) FROM tempost.outbox"))
                .isEqualTo("pendingtime pendingturn cancelled");
        assertThat(may("producer", "INSERT INTO tempost.outbox (event_type, status) VALUES ('w', 'delivered')"))
                .isFalse();
        assertThat(may("producer", "SELECT tempost.retry(1)")).isFalse();
        assertThat(may("producer", "SELECT recipient FROM tempost.outbox")).isFalse();
    }

    @Test
    void anOperatorActsThroughFunctionsThatSayWhoItWas() throws SQLException {
        for (int row = 1; row <= 3; row++) {
            database.execute(
                    "INSERT INTO tempost.outbox (event_type, status, finished_at) VALUES ('welcome', 'failed', now())");
        }
        long pending = database.number("SELECT tempost.enqueue('welcome')");
        database.execute(
                "INSERT INTO tempost.provider (name, down_since, probe_at) VALUES ('mail', now(), now() + interval '1 hour')");
        Rows rows = new Rows(as("operator"), "ada");

        assertThat(rows.retry(1)).isTrue();
        assertThat(rows.dismiss(2, "known")).isTrue();
        assertThat(rows.cancel(pending, "typo")).isTrue();
        assertThat(value("operator", "SELECT tempost.correct(3, '{\"a\": 1}', actor => 'ada')"))
                .isEqualTo("t");
        assertThat(value("operator", "SELECT tempost.hurry('mail', 'ada')")).isEqualTo("t");
        assertThat(value("operator", "SELECT tempost.hold('mail', now() + interval '1 hour', 'quota', 'ada')"))
                .isEqualTo("t");
        assertThat(value("operator", "SELECT tempost.pause('why')")).isEqualTo("t");
        assertThat(value("operator", "SELECT tempost.resume()")).isEqualTo("t");

        assertThat(database.text(
                        "SELECT string_agg(action || ' ' || coalesce(outbox_id::text, detail), ', ' ORDER BY id)"
                                + " FROM tempost.audit WHERE actor = 'ada' AND role = '" + login("operator") + "'"))
                .startsWith("retry 1, dismiss 2, cancel 4, correct 3, hurry mail, hold mail until ");
        assertThat(database.text("SELECT resumed_by FROM tempost.pause")).isEqualTo(login("operator"));
        assertThat(database.text("SELECT payload FROM tempost.outbox WHERE id = 3"))
                .isEqualTo("{\"a\": 1}");
    }

    @Test
    void theServiceDeliversWithItsOwnRightsAlone() throws SQLException {
        DataSource service = as("service");
        database.execute(
                "SELECT tempost.enqueue('welcome', shard_key => 's'), tempost.enqueue('welcome', shard_key => 's'),"
                        + " tempost.enqueue('welcome', expires_at => now())");
        Claims claims = new Claims(service);
        Ledger ledger = new Ledger(service);

        List<ClaimedRow> claimed =
                claims.claim(7, Duration.ofMinutes(1), EventTypes.all(), null).rows();
        AttemptRef first = open(ledger, claimed.getFirst());
        assertThat(ledger.transmitting(first, Duration.ofMinutes(1), Duration.ofSeconds(1)))
                .isTrue();
        assertThat(ledger.accepted(first, "mail", "250", null)).isNotNull();
        claimed = claims.claim(7, Duration.ofMinutes(1), EventTypes.all(), null).rows();
        AttemptRef second = open(ledger, claimed.getFirst());
        ledger.refused(second, "mail", RefusedPhase.REJECTED, true, "MailboxUnknown", "550", null);
        ledger.mark(
                new Mark(second.id(), second.key(), "r", "w", false, RowStatus.FAILED, "550", "MailboxUnknown", null));
        claims.expire(10);
        claims.mendTurns();
        new ProviderHealth(service).takeDown("mail", "T", "e", Duration.ofSeconds(1));
        new Backlog(service).countWhenDue(Duration.ofSeconds(1), Duration.ofHours(1), Backlog.Named.NONE);
        new Retention(service).scrub(RowStatus.FAILED, Duration.ZERO, 10);
        new Retention(service).remove(RowStatus.DELIVERED, Duration.ZERO, 10);

        assertThat(database.text("SELECT string_agg(status, ' ' ORDER BY id) FROM tempost.outbox"))
                .isEqualTo("failed expired");
        assertThat(Schema.isCurrent(service)).isTrue();
        assertThat(Login.of(service)).isEqualTo(new Login(login("service"), false));
        assertThat(Login.of(database.dataSource()).superuser()).isTrue();
    }

    @Test
    void whatCommandsLookAtIsThereForOperatorsAndWithoutKeysForReaders() throws SQLException {
        database.execute("INSERT INTO tempost.outbox (event_type, status, shard_key, last_error, finished_at) VALUES"
                + " ('welcome', 'failed', 's', '550 5.1.1 unknown', now())");
        for (String role : List.of("operator", "reader")) {
            DataSource login = as(role);
            assertThat(new Backlog(login).totals(null)).as(role).hasSize(1);
            assertThat(new Backlog(login).groups(null)).as(role).hasSize(1);
            assertThat(new Backlog(login).ended(null, Duration.ofMinutes(1)))
                    .as(role)
                    .containsExactly(new Backlog.Total(RowStatus.FAILED, 1));
            assertThat(new RowSearch(login).causes(null).groups()).as(role).hasSize(1);
            assertThat(new Pauses(login).active()).as(role).isEmpty();
            assertThat(new ProviderHealth(login).down()).as(role).isEmpty();
            assertThat(new Rows(login).failed(null, 10)).as(role).hasSize(1);
            assertThat(new Rows(login).attempts(1)).as(role).isEmpty();
        }
        assertThat(new Shards(as("operator")).deepest(null, 10)).hasSize(1);
        assertThatThrownBy(() -> new Shards(as("reader")).deepest(null, 10)).hasMessageContaining("permission denied");
    }

    private static AttemptRef open(Ledger ledger, ClaimedRow row) {
        Admission admission = ledger.open(
                        row.id(), row.key(), "r", false, "mail", "<m>", Duration.ofMinutes(1), false, Set.of())
                .admission();
        assertThat(admission).isInstanceOf(Admission.Send.class);
        return new AttemptRef(row.id(), row.key(), 1, "w", "r");
    }

    @Test
    void aBoundLoginWritesForItsTenantsOnly() {
        DataSource producer = as("producer");
        database.execute("INSERT INTO tempost.producer_tenant VALUES (?, 'acme')", login("producer"));

        for (String refused : List.of(
                "INSERT INTO tempost.outbox (event_type) VALUES ('welcome')",
                "INSERT INTO tempost.outbox (event_type, tenant) VALUES ('welcome', 'acme'), ('welcome', 'other')",
                "SELECT tempost.enqueue('welcome', tenant => 'other')",
                "SELECT tempost.cancel_job('other', 'j', 'no')")) {
            assertThatThrownBy(() -> run(producer, refused))
                    .as(refused)
                    .hasMessageContaining(login("producer") + " may not write for tenant");
        }
        assertThatThrownBy(() -> run(producer, "SELECT tempost.enqueue('welcome', tenant => 'other')"))
                .hasMessageContaining("producer_tenant names the tenants it may write for");
        run(producer, "SELECT tempost.enqueue('welcome', tenant => 'acme', job_id => 'j')");
        run(producer, "INSERT INTO tempost.outbox (event_type, tenant) VALUES ('welcome', 'acme')");
        run(producer, "SELECT tempost.cancel_job('acme', 'j', 'no')");
        run(database.dataSource(), "SELECT tempost.enqueue('welcome', tenant => 'other')");
        assertThat(database.number("SELECT count(*) FROM tempost.outbox")).isEqualTo(3);
    }

    private static void run(DataSource dataSource, String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theScriptMayRunAgainAndAfterTheSchemaIsThere() {
        database.execute(Schema.roles());

        assertThat(Schema.migrate(as("owner"))).isZero();
        assertThat(database.text(
                        "SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables WHERE schemaname = 'tempost'"))
                .isEqualTo("tempost_owner");
    }
}
