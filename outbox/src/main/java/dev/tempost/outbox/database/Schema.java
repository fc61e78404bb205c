package dev.tempost.outbox.database;

import java.util.Arrays;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationState;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** The schema {@code tempost}: created and brought up to date by Flyway. */
public final class Schema {

    private Schema() {}

    /**
     * Applies the migrations that are missing. Safe to run from several replicas at once.
     *
     * @return how many were applied
     * @throws org.flywaydb.core.api.FlywayException when PostgreSQL cannot be reached or a migration fails
     */
    public static int migrate(DataSource dataSource) {
        // names in a migration are looked up where nobody else can plant any; Flyway puts its own schema in front.
        // Not for reading, which passes poolers that would give such a session to somebody else
        return configuration(dataSource).initSql("SET search_path = ''").load().migrate().migrationsExecuted;
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
