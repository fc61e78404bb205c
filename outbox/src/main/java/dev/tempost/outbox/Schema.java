package dev.tempost.outbox;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

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
        return flyway(dataSource).migrate().migrationsExecuted;
    }

    /** Whether every migration that this version knows has been applied. */
    public static boolean isCurrent(DataSource dataSource) {
        return flyway(dataSource).info().pending().length == 0;
    }

    private static Flyway flyway(DataSource dataSource) {
        return Flyway.configure()
                .dataSource(dataSource)
                .schemas("tempost")
                .defaultSchema("tempost")
                .locations("classpath:dev/tempost/outbox/migrations")
                .placeholderReplacement(false)
                .load();
    }
}
