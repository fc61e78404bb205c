package dev.tempost.app.engine;

import java.util.Locale;

/** What Tempost cannot work without. */
public enum Dependency {
    POSTGRESQL,
    TEMPORAL,
    SMTP;

    /** The name in metrics, health and logs. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
