package dev.tempost.outbox.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** The schema {@code tempost}: created and brought up to date by Flyway. */
public final class Schema {

    // names in a migration are looked up where nobody else can plant any; Flyway puts its own schema in front. What a
    // migration makes belongs to the owner of the schema
    private static final String SESSION = """
        SET search_path = '';
        DO $$
        DECLARE
            owner pg_catalog.oid := (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) 'tempost');
        BEGIN
            IF pg_catalog.pg_has_role(owner, 'MEMBER') THEN
                EXECUTE pg_catalog.format('SET ROLE %I', pg_catalog.pg_get_userbyid(owner));
            END IF;
        END
        $$
        """;

    private Schema() {}

    /**
     * Applies the migrations that are missing. Safe to run from several replicas at once.
     *
     * @return how many were applied
     * @throws org.flywaydb.core.api.FlywayException when PostgreSQL cannot be reached or a migration fails
     */
    public static int migrate(DataSource dataSource) {
        // not for reading, which passes poolers that would give such a session to somebody else
        return configuration(dataSource).initSql(SESSION).load().migrate().migrationsExecuted;
    }

    /** The script that makes the roles of owner, service, producers, operators and readers, for psql. */
    public static String roles() {
        try (InputStream script =
                Objects.requireNonNull(Schema.class.getResourceAsStream("/dev/tempost/outbox/tempost-roles.sql"))) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether every migration that this version knows has been applied. */
    public static boolean isCurrent(DataSource dataSource) {
        return configuration(dataSource).load().info().pending().length == 0;
    }

    /** Whether migrations have been applied that this version does not know. */
    public static boolean isNewer(DataSource dataSource) {
        return Arrays.stream(configuration(dataSource).load().info().applied())
                .anyMatch(migration -> migration.getState() == MigrationState.FUTURE_SUCCESS);
    }

    private static FluentConfiguration configuration(DataSource dataSource) {
        return Flyway.configure()
                .dataSource(dataSource)
                .schemas("tempost")
                .defaultSchema("tempost")
                .locations("classpath:dev/tempost/outbox/migrations")
                // an empty list would pass for a schema that is current
                .failOnMissingLocations(true)
                .placeholderReplacement(false);
    }
}
