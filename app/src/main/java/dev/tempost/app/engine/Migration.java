package dev.tempost.app.engine;

import dev.tempost.app.config.TempostProperties.SchemaSettings;
import dev.tempost.outbox.database.Pooling;
import dev.tempost.outbox.database.Schema;
import javax.sql.DataSource;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;

/** Brings the schema up to date, by a way to PostgreSQL that can bear it. */
public final class Migration {

    private final DataSource dataSource;
    private final boolean allowed;

    private Migration(DataSource dataSource, boolean allowed) {
        this.dataSource = dataSource;
        this.allowed = allowed;
    }

    /** As configured. */
    public static Migration of(SchemaSettings settings, DataSourceProperties properties) {
        return new Migration(
                OutsideThePool.dataSource(properties, settings.url(), "tempost-schema"), settings.migrate());
    }

    /** Whether nothing is to be done. */
    public boolean isCurrent() {
        return Schema.isCurrent(dataSource);
    }

    /** Whether a transaction pooler stands in the way. */
    public boolean isBlocked() {
        return Pooling.of(dataSource) == Pooling.TRANSACTION;
    }

    /**
     * Migrates what is missing.
     *
     * @throws IllegalStateException when something is missing and may not or cannot be put in place; says what to do
     */
    public void ensure() {
        if (isCurrent()) {
            return;
        }
        if (!allowed) {
            throw new IllegalStateException("schema tempost is not up to date, and tempost.schema.migrate is false");
        }
        // a migration sets up its session, which here would be a stranger's next
        if (isBlocked()) {
            throw new IllegalStateException("schema tempost is not up to date, and a migration cannot go through the"
                    + " transaction pooler that spring.datasource.url leads to: set tempost.schema.url"
                    + " (TEMPOST_SCHEMA_URL) to PostgreSQL itself, for instance jdbc:postgresql://postgres:5432/app");
        }
        Schema.migrate(dataSource);
    }
}
