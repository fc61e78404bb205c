package dev.tempost.app.routing;

import dev.tempost.app.config.TempostProperties;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Configurations for the tests of this package. */
final class Given {

    private Given() {}

    static TempostProperties settings(Map<String, String> settings) {
        return new Binder(new MapConfigurationPropertySource(settings))
                .bindOrCreate("tempost", TempostProperties.class);
    }

    static Fallbacks fallbacks(TempostProperties properties) {
        return new Fallbacks(properties, new Deliveries(properties), InstantSource.system());
    }

    /** With a provider that sends as fast as it can, and one with a rate limit. */
    static TempostProperties providers(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "tempost.providers.ses.host", "ses.example",
                "tempost.providers.ses.from", "mail@example.com",
                "tempost.providers.ses.rate-limit", "14",
                "tempost.providers.bulk.host", "bulk.example",
                "tempost.providers.bulk.from", "mail@example.com",
                "tempost.event-types.magic.provider", "ses",
                "tempost.event-types.news.provider", "bulk",
                "tempost.temporal.task-queue", "acme"));
        settings.putAll(more);
        return settings(settings);
    }
}
