package dev.tempost.app.engine;

import java.util.Locale;

/** What Tempost works with. */
public enum Dependency {
    POSTGRESQL(true),
    TEMPORAL(true),
    /** The mail servers of the providers in use: what waits for one is no business of the others. */
    SMTP(false),
    /** The receivers of webhooks, likewise. */
    WEBHOOK(false),
    /** The Temporals of the workflows that rows start or signal. */
    WORKFLOW(false);

    private final boolean vital;

    Dependency(boolean vital) {
        this.vital = vital;
    }

    /** Whether a process is not ready while this does not answer. */
    public boolean vital() {
        return vital;
    }

    /** The name in metrics, health and logs. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
