package dev.tempost.app.engine;

import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Ready when the engine runs and every part answers. */
public final class Readiness implements HealthIndicator {

    private final Engine engine;
    private final DependencyHealth parts;

    public Readiness(Engine engine, DependencyHealth parts) {
        this.engine = engine;
        this.parts = parts;
    }

    @Override
    public Health health() {
        Map<Dependency, String> states = parts.states();
        Health.Builder health = engine.ready() && parts.up() ? Health.up() : Health.down();
        health.withDetail("engine", engine.ready() ? "running" : "starting");
        states.forEach((part, state) -> health.withDetail(part.label(), state));
        return health.build();
    }
}
