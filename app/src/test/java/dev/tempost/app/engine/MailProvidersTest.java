package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.channels.email.SmtpProvider;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class MailProvidersTest {

    private static final SpringMail SPRING = new SpringMail("spring.example", 2525, "mailer", "s3cret");
    private static final String SENDER = "tempost.providers.default.from";

    @Test
    void theDefaultProviderIsTheOneThatSpringDescribes() {
        SmtpProvider provider = provider("default", Map.of(SENDER, "mail@example.com"));

        assertThat(provider.host()).isEqualTo("spring.example");
        assertThat(provider.port()).isEqualTo(2525);
        assertThat(provider.username()).isEqualTo("mailer");
        assertThat(provider.password()).isEqualTo("s3cret");
        assertThat(provider.toString()).contains("from=mail@example.com");
    }

    @Test
    void whatTheDefaultProviderSaysItselfGoesFirst() {
        SmtpProvider provider = provider(
                "default",
                Map.of(
                        SENDER,
                        "mail@example.com",
                        "tempost.providers.default.host",
                        "own.example",
                        "tempost.providers.default.username",
                        "other",
                        "tempost.providers.default.password",
                        "word"));

        assertThat(provider.host()).isEqualTo("own.example");
        assertThat(provider.port()).isEqualTo(2525);
        assertThat(provider.username()).isEqualTo("other");
        assertThat(provider.password()).isEqualTo("word");
    }

    @Test
    void anotherProviderTakesNothingFromSpring() {
        SmtpProvider provider = provider(
                "ses",
                Map.of(
                        SENDER,
                        "mail@example.com",
                        "tempost.providers.ses.host",
                        "ses.example",
                        "tempost.providers.ses.from",
                        "ses@example.com"));

        assertThat(provider.host()).isEqualTo("ses.example");
        assertThat(provider.port()).isEqualTo(587);
        assertThat(provider.username()).isNull();
        assertThat(provider.connection().tls()).isEqualTo(SmtpProvider.Tls.STARTTLS);
    }

    @Test
    void oneTimeoutBoundsEveryStepAndAConnectionTenSecondsAtMost() {
        SmtpProvider usual = provider("default", Map.of(SENDER, "mail@example.com"));
        assertThat(usual.connection().connectTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(usual.connection().readTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(usual.connection().writeTimeout()).isEqualTo(Duration.ofSeconds(30));

        SmtpProvider quick =
                provider("default", Map.of(SENDER, "mail@example.com", "tempost.providers.default.timeout", "2s"));
        assertThat(quick.connection().connectTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(quick.connection().readTimeout()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void aMissingSenderIsAskedForInOneSentence() {
        assertThatThrownBy(() -> provider("default", Map.of()))
                .hasMessage(
                        "tempost.providers.default.from (TEMPOST_PROVIDERS_DEFAULT_FROM) is not set: name the sender of"
                                + " every mail, for instance 'Example <hello@example.com>'");
    }

    @Test
    void theDefaultProviderIsNoneWhereNothingGoesThroughItAndNobodyDescribesIt() {
        assertThat(providers(Map.of(
                        "tempost.delivery.provider",
                        "ses",
                        "tempost.providers.ses.host",
                        "ses.example",
                        "tempost.providers.ses.from",
                        "ses@example.com")))
                .containsOnlyKeys("ses");
    }

    private static SmtpProvider provider(String name, Map<String, String> settings) {
        return Objects.requireNonNull(providers(settings).get(name));
    }

    private static Map<String, SmtpProvider> providers(Map<String, String> settings) {
        return MailProviders.described(
                SPRING,
                new Binder(new MapConfigurationPropertySource(new HashMap<>(settings)))
                        .bindOrCreate("tempost", TempostProperties.class));
    }
}
