package dev.tempost.app.access;

import com.zaxxer.hikari.HikariDataSource;
import dev.tempost.app.config.OutsideThePool;
import javax.sql.DataSource;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;

/** Connections for operators alone: whoever asks too much of the ops API, or without a token, takes none from deliveries. */
public final class OpsPool implements AutoCloseable {

    private static final int CONNECTIONS = 4;
    private static final long PATIENCE_MILLIS = 3000;

    private final HikariDataSource pool = new HikariDataSource();

    OpsPool(DataSourceProperties properties) {
        pool.setDataSource(OutsideThePool.impatient(properties, "tempost-ops"));
        pool.setPoolName("tempost-ops");
        pool.setMaximumPoolSize(CONNECTIONS);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(PATIENCE_MILLIS);
        // PostgreSQL may come later
        pool.setInitializationFailTimeout(-1);
        // as a failover leaves them: the driver asks for the primary when it connects anew
        pool.setExceptionOverrideClassName("dev.tempost.app.engine.EvictReadOnly");
    }

    /** The connections. */
    public DataSource dataSource() {
        return pool;
    }

    @Override
    public void close() {
        pool.close();
    }
}
