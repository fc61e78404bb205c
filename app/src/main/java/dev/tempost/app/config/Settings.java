package dev.tempost.app.config;

import org.springframework.core.env.ConfigurableEnvironment;

/** What becomes of the settings before anything is built by them. */
public final class Settings {

    private Settings() {}

    /**
     * Refuses what means nothing and what gives secrets away, and says what is left open about the way to the database.
     *
     * @throws IllegalArgumentException naming the setting that is refused
     */
    public static void prepare(ConfigurableEnvironment environment) {
        KnownSettings.requireIn(environment);
        TemporalTarget.requireNoKeyInPlainText(environment);
        DatabaseUrl.completeIn(environment);
    }
}
