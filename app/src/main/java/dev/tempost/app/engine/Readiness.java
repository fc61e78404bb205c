package dev.tempost.app.engine;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Ready when the engine runs and every part answers without which nothing goes on. Each is a component with a status of its own;
 * what is wrong with it, hosts and drivers' words included, is a detail, and for those who may see details.
 */
public final class Readiness {

    // not among those that are put together: what it is the status of informs, and decides nothing
    private static final Status AWAY = new Status("AWAY");

    private final Engine engine;
    private final DependencyHealth parts;

    public Readiness(Engine engine, DependencyHealth parts) {
        this.engine = engine;
        this.parts = parts;
    }

    /** Whether this process does its work. */
    public boolean ready() {
        return engine.ready() && parts.vitalUp();
    }

    CompositeHealthContributor contributor() {
        Map<String, HealthIndicator> components = new HashMap<>();
        components.put(
                "engine",
                () -> engine.ready()
                        ? Health.up().build()
                        : Health.down().withDetail("state", "starting").build());
        parts.used().forEach(part -> components.put(part.label(), () -> health(part)));
        return CompositeHealthContributor.fromMap(components);
    }

    private Health health(Dependency part) {
        return parts.up(part)
                ? Health.up().build()
                : Health.status(part.vital() ? Status.DOWN : AWAY)
                        .withDetail("error", String.valueOf(parts.states().get(part)))
                        .build();
    }
}
