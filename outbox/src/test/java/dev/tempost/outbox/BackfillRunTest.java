package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.backfill.Backfill;
import dev.tempost.outbox.backfill.BackfillProgress;
import dev.tempost.outbox.backfill.BackfillRefusedException;
import dev.tempost.outbox.backfill.BackfillRun;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.OutboxFixture;
import dev.tempost.outbox.testing.PostgresVersion;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class BackfillRunTest {

    private static final int CUSTOMERS = 95;
    private static final String QUERY = "SELECT id, email AS recipient, jsonb_build_object('name', name) AS payload"
            + " FROM customers WHERE name <> 'what?' -- all";

    @AutoClose
    private final OutboxFixture outbox;

    private final DataSource dataSource;

    BackfillRunTest(PostgresVersion version) {
        outbox = new OutboxFixture(version);
        dataSource = outbox.database.dataSource();
    }

    @BeforeEach
    void customers() {
        outbox.database.execute(
                "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text,"
                        + " name text, tenant text DEFAULT 'default', note text DEFAULT '{}')");
        outbox.database.execute(
                "INSERT INTO customers (email, name) SELECT n || '@example.com', 'n' || n"
                        + " FROM generate_series(1, ?) n",
                CUSTOMERS);
    }

    @Test
    void everyRowOfTheQueryIsEnqueuedOnceWithTheLowestPriority() {
        assertThat(toItsEnd(QUERY)).isEqualTo(new BackfillProgress(CUSTOMERS, 0, "95", true));

        assertThat(rows("'n' || split_part(recipient, '@', 1) = payload ->> 'name' AND priority = 5"
                        + " AND event_type = 'welcome' AND status = 'pending'"))
                .isEqualTo(CUSTOMERS);
        assertThat(outbox.database.number("SELECT count(DISTINCT recipient) FROM tempost.outbox"))
                .isEqualTo(CUSTOMERS);
    }

    @Test
    void aRunThatDiedGoesOnAfterItsLastStep() throws SQLException {
        try (BackfillRun killed = open(QUERY)) {
            assertThat(killed.step(10)).isEqualTo(new BackfillProgress(10, 0, "10", false));
            // as if it had died in the middle of the next step
            try (Connection connection = outbox.database.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("SELECT tempost.enqueue('welcome', '11@example.com')");
                statement.execute("UPDATE tempost.backfill SET last_key = '11'");
                connection.rollback();
            }
        }

        assertThat(toItsEnd(QUERY).enqueued()).isEqualTo(CUSTOMERS);
        assertThat(outbox.database.number("SELECT count(DISTINCT recipient) FROM tempost.outbox"))
                .isEqualTo(CUSTOMERS)
                .isEqualTo(rows("true"));
    }

    @Test
    void aFinishedVersionDoesNotRunAgainButAHigherOneDoes() {
        toItsEnd(QUERY);

        assertThatThrownBy(() -> open(QUERY))
                .isInstanceOf(BackfillRefusedException.class)
                .hasMessageContaining("backfill welcome version 1: it was finished at ")
                .hasMessageContaining("with 95 rows, and runs once: take a higher version");
        assertThat(toItsEnd(backfill(2, QUERY)).enqueued()).isEqualTo(CUSTOMERS);
        assertThat(rows("true")).isEqualTo(2 * CUSTOMERS);
    }

    @Test
    void aLowerVersionGivesWayToAHigherOne() {
        try (BackfillRun first = open(QUERY)) {
            first.step(10);
        }
        toItsEnd(backfill(2, QUERY));

        assertThatThrownBy(() -> open(QUERY)).hasMessageContaining("version 2 has begun and takes its place");
    }

    @Test
    void aSecondRunAtTheSameTimeIsRefused() {
        try (BackfillRun first = open(QUERY)) {
            assertThatThrownBy(() -> open(QUERY)).hasMessageContaining("another run of it is under way");
            assertThat(first.step(10).enqueued()).isEqualTo(10);
        }
        open(QUERY).close();
    }

    @Test
    void anotherQueryIsRefusedUntilItIsMeant() {
        try (BackfillRun first = open(QUERY)) {
            first.step(10);
        }
        String other = QUERY.replace("WHERE", "WHERE id <> 42 AND");

        assertThatThrownBy(() -> open(other))
                .hasMessageContaining("it began with another query")
                .hasMessageContaining("--changed-query to go on with this one after id = 10");
        try (BackfillRun changed = BackfillRun.open(dataSource, backfill(1, other), true)) {
            assertThat(changed.step(1000).enqueued()).isEqualTo(CUSTOMERS - 1);
        }
    }

    @Test
    void whatTheDedupKeyKnowsIsCountedAndNotEnqueuedAgain() {
        outbox.database.execute(
                "SELECT tempost.enqueue('welcome', dedup_key => 'welcome:' || n) FROM generate_series(1, 20) n");

        BackfillProgress progress =
                toItsEnd("SELECT id, email AS recipient, 'welcome:' || id AS dedup_key FROM customers");

        assertThat(progress).isEqualTo(new BackfillProgress(CUSTOMERS - 20, 20, "95", true));
        assertThat(rows("true")).isEqualTo(CUSTOMERS);
    }

    @Test
    void aRowThatCannotBeEnqueuedIsNamedAndThoseBeforeItAre() {
        outbox.database.execute("UPDATE customers SET tenant = 'West Side' WHERE id = 37");
        String query = "SELECT id, email AS recipient, tenant FROM customers";

        assertThatThrownBy(() -> toItsEnd(query))
                .isInstanceOf(BackfillRefusedException.class)
                .hasMessageContaining("the row with id = 37: column tenant: ")
                .hasMessageContaining("it needs 1 to 63 of a-z, 0-9, _ and -. Correct the row");
        assertThat(rows("true")).isEqualTo(36);

        outbox.database.execute("UPDATE customers SET tenant = 'west-side' WHERE id = 37");
        assertThat(toItsEnd(query).enqueued()).isEqualTo(CUSTOMERS);
        assertThat(rows("true")).isEqualTo(CUSTOMERS);
    }

    @Test
    void aRowWithoutRecipientIsNamedUnlessThePayloadDecides() {
        outbox.database.execute("UPDATE customers SET email = NULL WHERE id = 61");

        assertThatThrownBy(() -> toItsEnd(QUERY))
                .hasMessageContaining("the row with id = 61: column recipient: null value")
                .hasMessageContaining("--without-recipient");
        assertThat(rows("true")).isEqualTo(60);

        assertThat(toItsEnd(new Backfill("webhook", 1, QUERY, "id", false)).enqueued())
                .isEqualTo(CUSTOMERS);
    }

    @Test
    void aValueThatIsNoJsonIsNamed() {
        outbox.database.execute("UPDATE customers SET note = '{name: Ada}' WHERE id = 5");

        assertThatThrownBy(() -> toItsEnd("SELECT id, email AS recipient, note AS payload FROM customers"))
                .hasMessageContaining("the row with id = 5: column payload: invalid input syntax for type json")
                .hasMessageContaining("it needs JSON");
    }

    @Test
    void columnsThatDoNotFitAreRefusedBeforeItBegins() {
        assertRefused("SELECT email AS recipient FROM customers", "the query has no column id to go on from");
        assertRefused("SELECT id, name AS payload FROM customers", "the query has no column recipient");
        assertRefused("SELECT id, email AS recipient, name FROM customers", "columns that the outbox has not: name");
        assertRefused("SELECT id, email AS recipient, email AS recipient FROM customers", "two columns recipient");
        assertRefused("SELECT id, emial AS recipient FROM customers", "column \"emial\" does not exist");
        assertRefused("DELETE FROM customers", "syntax error");
        assertThat(outbox.database.number("SELECT count(*) FROM tempost.backfill"))
                .isZero();
        assertThat(rows("true")).isZero();
    }

    @Test
    void aKeyThatIsNotUniqueOrNullIsRefusedRatherThanRowsLeftOut() {
        outbox.database.execute("UPDATE customers SET name = 'twin' WHERE id IN (10, 11)");
        String query = "SELECT name, email AS recipient FROM customers";
        for (int step : new int[] {1, 7, 1000}) {
            outbox.database.execute("TRUNCATE tempost.backfill");
            assertThatThrownBy(() -> toItsEnd(new Backfill("welcome", 1, query, "name", true), step))
                    .hasMessageContaining("two rows have the key name = twin");
        }
        outbox.database.execute("TRUNCATE tempost.backfill");
        outbox.database.execute("UPDATE customers SET name = NULL WHERE id = 10");
        assertThatThrownBy(() -> toItsEnd(new Backfill("welcome", 1, query, "name", true)))
                .hasMessageContaining("there are rows whose key name is null");
    }

    @Test
    void aKeyMayBeOfAnyTypeThatHasAnOrder() {
        outbox.database.execute(
                "ALTER TABLE customers ADD COLUMN ref uuid DEFAULT gen_random_uuid(), ADD COLUMN at" + " timestamptz");
        outbox.database.execute("UPDATE customers SET at = timestamptz '2026-01-01' + id * interval '1.000001 s'");
        for (String key : new String[] {"ref", "at", "email"}) {
            String query = "SELECT " + key + ", '{}'::jsonb AS payload FROM customers";
            assertThat(toItsEnd(new Backfill("by_" + key, 1, query, key, false)).enqueued())
                    .isEqualTo(CUSTOMERS);
        }
    }

    @Test
    void itKnowsHowMuchIsDueAndHowMuchIsLeft() {
        outbox.database.execute("ANALYZE customers");
        try (BackfillRun run = open("SELECT id, email AS recipient FROM customers")) {
            assertThat(run.estimateLeft()).isBetween(90L, 100L);
            assertThat(run.due(1000)).isZero();
            run.step(50);
            outbox.row("deliver_after", "now() + interval '1 hour'");
            assertThat(run.estimateLeft()).isBetween(40L, 50L);
            assertThat(run.due(1000)).isEqualTo(50);
            assertThat(run.due(20)).isEqualTo(20);
        }
    }

    private void assertRefused(String query, String why) {
        assertThatThrownBy(() -> open(query))
                .isInstanceOf(BackfillRefusedException.class)
                .hasMessageContaining(why);
    }

    private static Backfill backfill(int version, String query) {
        return new Backfill("welcome", version, query, "id", true);
    }

    private BackfillRun open(String query) {
        return BackfillRun.open(dataSource, backfill(1, query), false);
    }

    private BackfillProgress toItsEnd(String query) {
        return toItsEnd(backfill(1, query));
    }

    private BackfillProgress toItsEnd(Backfill backfill) {
        return toItsEnd(backfill, 10);
    }

    private BackfillProgress toItsEnd(Backfill backfill, int step) {
        try (BackfillRun run = BackfillRun.open(dataSource, backfill, false)) {
            BackfillProgress progress = run.progress();
            while (!progress.finished()) {
                progress = run.step(step);
            }
            return progress;
        }
    }

    private long rows(String condition) {
        return outbox.database.number("SELECT count(*) FROM tempost.outbox WHERE " + condition);
    }
}
