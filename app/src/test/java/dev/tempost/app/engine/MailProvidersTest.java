package dev.tempost.app.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.channels.email.SmtpProvider;
import dev.tempost.channels.email.login.PasswordLogin;
import dev.tempost.channels.email.login.TokenLogin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class MailProvidersTest {

    @TempDir
    Path folder;

    private static final SpringMail SPRING = new SpringMail("spring.example", 2525, "mailer", "s3cret");
    private static final String SENDER = "tempost.providers.default.from";

    @Test
    void theDefaultProviderIsTheOneThatSpringDescribes() {
        SmtpProvider provider = provider("default", Map.of(SENDER, "mail@example.com"));

        assertThat(provider.host()).isEqualTo("spring.example");
        assertThat(provider.port()).isEqualTo(2525);
        assertLogin(provider, "mailer", "s3cret");
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
        assertLogin(provider, "other", "word");
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
        assertThat(provider.login()).isNull();
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
        assertThat(providers(
                        SPRING,
                        Map.of(
                                "tempost.delivery.provider",
                                "ses",
                                "tempost.providers.ses.host",
                                "ses.example",
                                "tempost.providers.ses.from",
                                "ses@example.com")))
                .containsOnlyKeys("ses");
    }

    @Test
    void theDefaultProvidersPasswordMayBeInAFileOnceSpringNamesNone() throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "word\n");
        Map<String, String> settings =
                Map.of(SENDER, "mail@example.com", "tempost.providers.default.password-file", file.toString());

        assertLogin(
                provider("default", new SpringMail("spring.example", 25, "mailer", null), settings), "mailer", "word");
        assertThatThrownBy(() -> provider("default", settings))
                .hasMessage("spring.mail.password, tempost.providers.default.password-file, more than one of which is"
                        + " set, each say how to log in: leave one and remove the rest");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        username=u                                                  | password is not set: name the user's password, a password-file or oauth, or set no username
        password=p                                                  | username is not set: name whom to log in as, or set no password, password-file and oauth
        password-file=/f                                            | username is not set: name whom to log in as, or set no password, password-file and oauth
        username=u,password=p,oauth.client-id=c                     | password, tempost.providers.a.oauth.*, more than one of which is set
        username=u,oauth.client-id=c                                | oauth.token-uri is not set: name where access tokens are asked for
        username=u,oauth.token-uri=https://t.example                | oauth.client-id is not set
        username=u,oauth.token-uri=https://t.example,oauth.client-id=c | oauth.client-secret-file is not set
        username=u,oauth.token-uri=https://t.example,oauth.client-id=c,oauth.client-secret-file=/s | oauth.scope is not set
        username=u,oauth.token-uri=http://t.example,oauth.client-id=c,oauth.refresh-token-file=/s | oauth.token-uri is no https URL, and secrets would go there in plain text: correct it
        username=u,oauth.token-uri=t.example,oauth.client-id=c,oauth.refresh-token-file=/s | oauth.token-uri is no https URL
        username=u,oauth.service-account-file=/s,oauth.client-id=c  | oauth.service-account-file stands for client-id
        """)
    void aLoginThatIsHalfSaidStopsTheStart(String settings, String message) {
        Map<String, String> all = new HashMap<>(Map.of(
                SENDER,
                "mail@example.com",
                "tempost.providers.a.host",
                "a.example",
                "tempost.providers.a.from",
                "a@a.example"));
        Arrays.stream(settings.split(",", -1))
                .map(setting -> setting.split("=", 2))
                .forEach(setting -> all.put("tempost.providers.a." + setting[0], setting[1]));

        assertThatThrownBy(() -> provider("a", all)).hasMessageStartingWith("tempost.providers.a." + message);
    }

    @Test
    void accessTokensAreHadByAClientOrByAServiceAccount() {
        Map<String, String> both = new HashMap<>(Map.of(SENDER, "mail@example.com"));
        both.putAll(Map.of(
                "tempost.providers.entra.host", "smtp.office365.com",
                "tempost.providers.entra.from", "a@a.example",
                "tempost.providers.entra.username", "a@a.example",
                "tempost.providers.entra.oauth.token-uri", "https://login.example/token",
                "tempost.providers.entra.oauth.client-id", "c",
                "tempost.providers.entra.oauth.client-secret-file", "/s",
                "tempost.providers.entra.oauth.scope", "https://outlook.office365.com/.default"));
        both.putAll(Map.of(
                "tempost.providers.google.host", "smtp.gmail.com",
                "tempost.providers.google.from", "a@a.example",
                "tempost.providers.google.username", "a@a.example",
                "tempost.providers.google.oauth.service-account-file", "/k"));

        assertThat(provider("entra", both).login()).isInstanceOf(TokenLogin.class);
        assertThat(provider("google", both).login()).isInstanceOf(TokenLogin.class);
    }

    private static void assertLogin(SmtpProvider provider, String username, String password) {
        assertThat(provider.login()).isInstanceOfSatisfying(PasswordLogin.class, login -> {
            assertThat(login.username()).isEqualTo(username);
            assertThatCode(() -> assertThat(login.proof()).isEqualTo(password)).doesNotThrowAnyException();
        });
    }

    private static SmtpProvider provider(String name, Map<String, String> settings) {
        return provider(name, SPRING, settings);
    }

    private static SmtpProvider provider(String name, SpringMail spring, Map<String, String> settings) {
        return Objects.requireNonNull(providers(spring, settings).get(name));
    }

    private static Map<String, SmtpProvider> providers(SpringMail spring, Map<String, String> settings) {
        return MailProviders.described(
                spring,
                new Binder(new MapConfigurationPropertySource(new HashMap<>(settings)))
                        .bindOrCreate("tempost", TempostProperties.class),
                Clock.systemUTC());
    }
}
