package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class ProvidersTest {

    private static final Map<String, String> MAIL = Map.of("tempost.providers.default.from", "mail@example.com");

    @Test
    void aProviderThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> providers(Map.of("tempost.event-types.news.provider", "bulk")))
                .hasMessageContaining("tempost.event-types.news.provider names provider 'bulk'")
                .hasMessageContaining("[default]");
    }

    @Test
    void mailServersShareTheirChannel() {
        try (Providers providers = providers(
                Map.of("tempost.providers.ses.host", "ses.example", "tempost.providers.ses.from", "ses@example.com"))) {
            assertThat(providers.names()).containsExactly("default", "ses");
            assertThat(providers.all())
                    .extracting(provider -> provider.way().part())
                    .containsOnly(Dependency.SMTP);
            assertThat(providers.channels().get("ses"))
                    .isSameAs(providers.channels().get("default"));
        }
    }

    private static Providers providers(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(MAIL);
        settings.putAll(more);
        return Providers.of(
                new SpringMail("spring.example", 2525, null, null),
                new Binder(new MapConfigurationPropertySource(settings))
                        .bindOrCreate("tempost", TempostProperties.class));
    }
}
