package dev.tempost.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

class TempostPropertiesTest {

    @Test
    void aLongestWaitShorterThanTheFirstIsRefusedByName() {
        assertThatThrownBy(() -> bound(Map.of("tempost.delivery.max-interval", "10s")))
                .hasStackTraceContaining("tempost.delivery.max-interval is 10000 ms");
        assertThatThrownBy(() -> bound(Map.of("tempost.event-types.welcome.initial-interval", "2h")))
                .hasStackTraceContaining("tempost.event-types.welcome.max-interval is 3600000 ms");
    }

    @Test
    void aProviderWithoutAServerOrASenderIsRefusedByName() {
        assertThatThrownBy(() -> bound(Map.of("tempost.providers.ses.from", "mail@example.com")))
                .hasStackTraceContaining("tempost.providers.ses.host is not set");
        assertThatThrownBy(() ->
                        bound(Map.of("tempost.providers.ses.host", "ses.example", "tempost.providers.ses.from", " ")))
                .hasStackTraceContaining("tempost.providers.ses.from is not set");
    }

    @Test
    void theDefaultProviderIsThereAndFirst() {
        TempostProperties.Provider unsaid = defaultOf(bound(Map.of()));
        assertThat(unsaid.timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(unsaid.maxConnections()).isEqualTo(16);
        assertThat(bound(Map.of(
                                "tempost.providers.a.host",
                                "a.example",
                                "tempost.providers.a.from",
                                "mail@example.com"))
                        .providers())
                .containsOnlyKeys("default", "a")
                .extractingByKey("default")
                .isEqualTo(unsaid);
    }

    @Test
    void theDefaultProvidersSenderComesFromTheEnvironment() {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new SystemEnvironmentPropertySource(
                        "given-" + StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        Map.of(
                                "TEMPOST_PROVIDERS_DEFAULT_FROM", "mail@example.com",
                                "TEMPOST_PROVIDERS_DEFAULT_MAXCONNECTIONS", "4")));

        TempostProperties.Provider provider = defaultOf(new Binder(ConfigurationPropertySources.get(environment))
                .bindOrCreate("tempost", TempostProperties.class));

        assertThat(provider.from()).isEqualTo("mail@example.com");
        assertThat(provider.maxConnections()).isEqualTo(4);
    }

    @Test
    void aProvidersPasswordIsNotShown() {
        assertThat(bound(Map.of("tempost.providers.default.password", "s3cret")).toString())
                .doesNotContain("s3cret");
    }

    @Test
    void aNameIsOfOneChannel() {
        assertThatThrownBy(() -> bound(Map.of(
                        "tempost.providers.a.host", "a.example",
                        "tempost.providers.a.from", "mail@example.com",
                        "tempost.webhooks.a.url", "https://a.example/")))
                .hasStackTraceContaining("tempost.webhooks.a: there is tempost.providers.a, too");
        assertThatThrownBy(() -> bound(Map.of("tempost.webhooks.default.url", "https://a.example/")))
                .hasStackTraceContaining("tempost.webhooks.default: there is tempost.providers.default, too");
        assertThat(bound(Map.of("tempost.webhooks.a.url", "https://a.example/")).limits())
                .containsOnlyKeys("default", "a");
    }

    @Test
    void aWebhooksSecretsAreNotShown() {
        assertThat(bound(Map.of(
                                "tempost.webhooks.a.url", "https://a.example/?key=s3cret",
                                "tempost.webhooks.a.secrets", "s3cret",
                                "tempost.webhooks.a.headers.Authorization", "s3cret"))
                        .toString())
                .doesNotContain("s3cret");
    }

    private static TempostProperties.Provider defaultOf(TempostProperties properties) {
        return Objects.requireNonNull(properties.providers().get(TempostProperties.DEFAULT_PROVIDER));
    }

    private static TempostProperties bound(Map<String, String> settings) {
        return new Binder(new MapConfigurationPropertySource(settings))
                .bindOrCreate("tempost", TempostProperties.class);
    }
}
