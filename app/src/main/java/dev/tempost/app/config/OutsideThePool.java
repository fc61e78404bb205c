package dev.tempost.app.config;

import java.util.Objects;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Connections that a pool would miss, or that leave behind what its next user would stumble over. */
public final class OutsideThePool {

    private static final String CONNECT_SECONDS = "5";
    private static final String ANSWER_SECONDS = "15";

    private OutsideThePool() {}

    /**
     * Opens a connection per call, by the URL of the pool.
     *
     * @param applicationName what PostgreSQL shows them as
     */
    public static DataSource dataSource(DataSourceProperties properties, String applicationName) {
        return dataSource(properties, null, applicationName);
    }

    /** The same, to any server that the URL names, be it the primary or not. */
    public static DataSource anyServer(DataSourceProperties properties, String applicationName) {
        String url = properties.determineUrl();
        // the last one that a URL names counts
        return dataSource(properties, url + (url.contains("?") ? "&" : "?") + "targetServerType=any", applicationName);
    }

    /** The same for somebody who listens: nothing else than an answer's absence would tell that the server has vanished. */
    public static DataSource listening(DataSourceProperties properties, String applicationName) {
        return impatient(properties, applicationName);
    }

    /** The same for somebody who would rather know than wait: no answer within the time given, and the connection is gone. */
    public static DataSource impatient(DataSourceProperties properties, String applicationName) {
        DriverManagerDataSource dataSource = dataSource(properties, null, applicationName);
        Objects.requireNonNull(dataSource.getConnectionProperties()).setProperty("socketTimeout", ANSWER_SECONDS);
        return dataSource;
    }

    /**
     * Opens a connection per call.
     *
     * @param url where to, if not where the pool goes; what it says, the user for instance, goes before anything else
     */
    public static DriverManagerDataSource dataSource(
            DataSourceProperties properties, @Nullable String url, String applicationName) {
        Properties unsaid = new Properties();
        unsaid.setProperty("ApplicationName", applicationName);
        unsaid.setProperty("connectTimeout", CONNECT_SECONDS);
        unsaid.setProperty("tcpKeepAlive", "true");
        // as the pool does: whoever comes here writes, or listens to those who do
        unsaid.setProperty("targetServerType", "primary");
        // a pooler may give each transaction another server, where the same name stands for another statement
        unsaid.setProperty("prepareThreshold", "0");
        // and not the driver's own data source, whose URL has sixty parameters: Flyway looks for passwords in it,
        // for a second
        DriverManagerDataSource dataSource = new DriverManagerDataSource();
        dataSource.setDriverClassName(properties.determineDriverClassName());
        dataSource.setUrl(url == null ? properties.determineUrl() : url);
        dataSource.setUsername(properties.determineUsername());
        dataSource.setPassword(properties.determinePassword());
        dataSource.setConnectionProperties(unsaid);
        return dataSource;
    }
}
