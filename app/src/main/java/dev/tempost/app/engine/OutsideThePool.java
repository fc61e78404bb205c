package dev.tempost.app.engine;

import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;

/** Connections that a pool would miss, or that leave behind what its next user would stumble over. */
public final class OutsideThePool {

    private static final int CONNECT_SECONDS = 5;

    private OutsideThePool() {}

    /**
     * Opens a connection per call, by the URL of the pool.
     *
     * @param applicationName what PostgreSQL shows them as
     */
    public static PGSimpleDataSource dataSource(DataSourceProperties properties, String applicationName) {
        return dataSource(properties, null, applicationName);
    }

    /**
     * Opens a connection per call.
     *
     * @param url where to, if not where the pool goes; the user it names, if any, takes the place of the pool's
     */
    static PGSimpleDataSource dataSource(
            DataSourceProperties properties, @Nullable String url, String applicationName) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUser(properties.determineUsername());
        dataSource.setPassword(properties.determinePassword());
        dataSource.setUrl(url == null ? properties.determineUrl() : url);
        dataSource.setApplicationName(applicationName);
        dataSource.setConnectTimeout(CONNECT_SECONDS);
        dataSource.setTcpKeepAlive(true);
        // a pooler may give each transaction another server, where the same name stands for another statement
        dataSource.setPrepareThreshold(0);
        return dataSource;
    }
}
