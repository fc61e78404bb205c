package dev.tempost.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.outbox.database.Schema;
import dev.tempost.outbox.testing.OnEveryPostgres;
import dev.tempost.outbox.testing.PostgresVersion;
import dev.tempost.outbox.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

@OnEveryPostgres
class SchemaTest {

    private static final List<String> MIGRATIONS = List.of(
            "1__outbox",
            "2__turns",
            "3__pauses",
            "4__ledger",
            "5__endings",
            "6__producers",
            "7__delivery",
            "8__claim",
            "9__batches",
            "10__backfill",
            "11__backlog",
            "12__operators",
            "13__privacy",
            "14__access",
            "15__suppression",
            "16__rights");

    private static final String OBJECTS = """
        SELECT string_agg(name, ', ' ORDER BY name) FROM (
            SELECT relname::text FROM pg_class WHERE relnamespace = 'tempost'::regnamespace
            UNION ALL
            SELECT proname::text FROM pg_proc WHERE pronamespace = 'tempost'::regnamespace
        ) objects (name)
        """;

    @AutoClose
    private final TestDatabase database;

    SchemaTest(PostgresVersion version) {
        database = TestDatabase.empty(version);
    }

    @Test
    void migratingTwiceDoesNothingTheSecondTime() {
        assertThat(Schema.isCurrent(database.dataSource())).isFalse();
        assertThat(Schema.migrate(database.dataSource())).isEqualTo(MIGRATIONS.size());
        assertThat(Schema.isCurrent(database.dataSource())).isTrue();
        assertThat(Schema.migrate(database.dataSource())).isZero();
    }

    @Test
    void theUndoScriptLeavesTheHistoryOnlyAndMigratingWorksAgain() throws IOException {
        Schema.migrate(database.dataSource());
        String before = database.text(OBJECTS);
        database.execute("SELECT tempost.enqueue('welcome')");

        for (String migration : MIGRATIONS.reversed()) {
            database.execute(undo(migration));
        }
        assertThat(database.text(OBJECTS))
                .isEqualTo("flyway_schema_history, flyway_schema_history_pk, flyway_schema_history_s_idx");
        assertThat(Schema.isCurrent(database.dataSource())).isFalse();

        assertThat(Schema.migrate(database.dataSource())).isEqualTo(MIGRATIONS.size());
        assertThat(database.text(OBJECTS)).isEqualTo(before);
        assertThat(database.number("SELECT count(*) FROM tempost.outbox")).isZero();
    }

    @Test
    void whatSomebodyPlantedInAnotherSchemaIsNotBuiltIn() throws SQLException {
        database.execute("""
            DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
            END $$;
            CREATE FUNCTION public.length(text) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;
            """);
        // on a connection that begins with that path
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet planted = statement.executeQuery("SELECT length('planted')")) {
            planted.next();
            assertThat(planted.getInt(1)).isOne();
        }

        Schema.migrate(database.dataSource());

        assertThatThrownBy(() -> database.execute(
                        "INSERT INTO tempost.outbox (event_type, tenant) VALUES ('welcome', repeat('a', 64))"))
                .hasStackTraceContaining("outbox_tenant_form");
    }

    private static String undo(String migration) throws IOException {
        try (InputStream script = Objects.requireNonNull(
                Schema.class.getResourceAsStream("/dev/tempost/outbox/undo/U" + migration + ".sql"))) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
