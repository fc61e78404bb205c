package dev.tempost.app.engine;

import dev.tempost.app.config.OutsideThePool;
import dev.tempost.app.config.TempostProperties.SchemaSettings;
import dev.tempost.outbox.database.Pooling;
import dev.tempost.outbox.database.Schema;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;

/** Brings the schema up to date, by a way to PostgreSQL that can bear it. */
public final class Migration {

    private static final Logger log = LoggerFactory.getLogger(Migration.class);

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

    /** Whether a newer version of Tempost has been here; this one goes on with what it knows, as during a rollout. */
    public boolean isNewer() {
        return Schema.isNewer(dataSource);
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
            if (isNewer()) {
                log.warn("Schema tempost is newer than this version of Tempost, which works with what it knows of it");
            }
            return;
        }
        if (!allowed) {
            throw new IllegalStateException(
                    "schema tempost is not up to date, and tempost.schema.migrate is false: apply"
                            + " the migrations, or set it to true, for instance TEMPOST_SCHEMA_MIGRATE=true");
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
