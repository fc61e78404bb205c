package dev.tempost.app.config;

import java.util.Map;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** What becomes of the settings before anything is built by them. */
public final class Settings {

    private Settings() {}

    /**
     * Refuses what means nothing and what gives secrets away, and says what is left open about the way to the database and about
     * where health and metrics are served.
     *
     * @throws IllegalArgumentException naming the setting that is refused
     */
    public static void prepare(ConfigurableEnvironment environment) {
        KnownSettings.requireIn(environment);
        TemporalTarget.requireNoKeyInPlainText(environment);
        DatabaseUrl.completeIn(environment);
        bindManagementPort(environment);
    }

    /** Without an address of its own, Spring would open the port for management to every network. */
    private static void bindManagementPort(ConfigurableEnvironment environment) {
        String address = environment.getProperty("server.address");
        if (address != null
                && ManagementPortType.get(environment) == ManagementPortType.DIFFERENT
                && environment.getProperty("management.server.address") == null) {
            environment
                    .getPropertySources()
                    .addLast(new MapPropertySource(
                            "where health and metrics are served", Map.of("management.server.address", address)));
        }
    }
}
