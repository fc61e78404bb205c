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

    @Test
    void aWebhookIsAProviderLikeAnyOther() {
        try (Providers providers = providers(Map.of(
                "tempost.webhooks.crm.url", "https://crm.example/hook",
                "tempost.webhooks.crm.headers.Authorization", "Bearer t0ken",
                "tempost.webhooks.crm.secrets[0]", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "tempost.webhooks.crm.max-connections", "3",
                "tempost.event-types.signed.provider", "crm"))) {
            assertThat(providers.names()).containsExactly("default", "crm");
            assertThat(providers.all())
                    .filteredOn(provider -> provider.name().equals("crm"))
                    .singleElement()
                    .satisfies(crm -> {
                        assertThat(crm.channel().name()).isEqualTo("webhook");
                        assertThat(crm.places()).isEqualTo(3);
                        assertThat(crm.way().isProtected()).isTrue();
                        assertThat(crm.way().says()).contains("crm.example");
                    });
        }
    }

    @Test
    void whatIsWrongWithAWebhookIsNamed() {
        assertThatThrownBy(() -> providers(Map.of("tempost.webhooks.crm.format", "payload")))
                .hasMessageStartingWith("tempost.webhooks.crm.url is not set");
        assertThatThrownBy(() -> providers(Map.of("tempost.webhooks.crm.url", "http://crm.example/")))
                .hasMessageStartingWith("tempost.webhooks.crm.url would send in plain text");
        assertThatThrownBy(() -> providers(Map.of(
                        "tempost.webhooks.crm.url", "https://crm.example/", "tempost.webhooks.crm.secrets", "s3cret")))
                .hasMessageStartingWith("tempost.webhooks.crm.secrets[0] is no secret")
                .hasMessageNotContaining("s3cret");
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
