package dev.tempost.app.engine;

import dev.tempost.activities.channel.Loopback;
import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.routing.Deliveries;
import dev.tempost.channels.email.EmailChannel;
import dev.tempost.channels.email.MailHeaders;
import dev.tempost.channels.email.SmtpConnectionSettings;
import dev.tempost.channels.email.SmtpProvider;
import dev.tempost.channels.email.Templates;
import dev.tempost.channels.email.login.Login;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The channel for mail, and the mail servers that the configuration describes. */
final class MailProviders {

    private static final int SUBMISSION = 587;
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(10);
    private static final int GREETING_MILLIS = 3000;

    private MailProviders() {}

    static List<ConfiguredProvider> build(Providers.Given given) {
        TempostProperties tempost = given.tempost();
        Map<String, SmtpProvider> servers = described(given.spring(), tempost, given.clock());
        EmailChannel email = new EmailChannel(
                servers,
                new Templates(List.of(tempost.templates()), given.clock()),
                new MailHeaders(tempost.mailHeaders()),
                given.clock());
        return servers.values().stream()
                .map(server -> new ConfiguredProvider(
                        server.name(), email, server.connection().maxConnections(), way(server), greeting(server)))
                .toList();
    }

    private static Way way(SmtpProvider server) {
        return new Way(
                Dependency.SMTP,
                "smtp " + server.name(),
                List.of(InetSocketAddress.createUnresolved(server.host(), server.port())),
                isTlsFromTheStart(server) ? Way.Prelude.NONE : Way.Prelude.STARTTLS,
                Loopback.is(server.host())
                        ? Way.Protection.LOCAL
                        : server.isInPlainText() ? Way.Protection.PLAIN : Way.Protection.VERIFIED,
                "set tempost.providers." + server.name() + ".encryption to auto, starttls or implicit");
    }

    private static SmtpGreeting greeting(SmtpProvider server) {
        return new SmtpGreeting(server.host(), server.port(), isTlsFromTheStart(server), GREETING_MILLIS);
    }

    private static boolean isTlsFromTheStart(SmtpProvider server) {
        return server.connection().tls() == SmtpProvider.Tls.IMPLICIT;
    }

    /** By name; {@code default} is left out where it is not described and no event type goes through it. */
    static Map<String, SmtpProvider> described(SpringMail spring, TempostProperties tempost, InstantSource clock) {
        Set<String> used = new Deliveries(tempost).providers();
        Map<String, SmtpProvider> providers = new LinkedHashMap<>();
        tempost.providers().forEach((name, provider) -> {
            if (used.contains(name) || provider.from() != null) {
                providers.put(
                        name,
                        name.equals(TempostProperties.DEFAULT_PROVIDER)
                                ? usual(provider, spring, clock)
                                : provider(
                                        name,
                                        provider,
                                        Objects.requireNonNull(provider.host()),
                                        or(provider.port(), SUBMISSION),
                                        MailLogin.of(name, provider, clock),
                                        Objects.requireNonNull(provider.from())));
            }
        });
        return providers;
    }

    /** The default provider: what it does not say itself, {@code spring.mail.*} says. */
    private static SmtpProvider usual(TempostProperties.Provider own, SpringMail spring, InstantSource clock) {
        if (own.from() == null || own.from().isBlank()) {
            throw new IllegalArgumentException(
                    "tempost.providers.default.from (TEMPOST_PROVIDERS_DEFAULT_FROM) is not set: name the sender of every"
                            + " mail, for instance 'Example <hello@example.com>'");
        }
        return provider(
                TempostProperties.DEFAULT_PROVIDER,
                own,
                or(own.host(), spring.host()),
                or(own.port(), spring.port()),
                MailLogin.ofDefault(own, spring, clock),
                own.from());
    }

    private static SmtpProvider provider(
            String name,
            TempostProperties.Provider settings,
            String host,
            int port,
            @Nullable Login login,
            String from) {
        try {
            return SmtpProvider.of(name, host, port, from)
                    .withLogin(login)
                    .withConnection(defaults -> new SmtpConnectionSettings(
                            tls(settings.encryption(), host, port),
                            defaults.ehloName(),
                            longestConnect(settings),
                            settings.timeout(),
                            settings.timeout(),
                            settings.maxConnections()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("tempost.providers." + name + ": " + e.getMessage(), e);
        }
    }

    private static SmtpProvider.Tls tls(TempostProperties.Encryption encryption, String host, int port) {
        return switch (encryption) {
            case AUTO -> SmtpProvider.defaultTls(host, port);
            case NONE -> SmtpProvider.Tls.NONE;
            case STARTTLS -> SmtpProvider.Tls.STARTTLS;
            case IMPLICIT -> SmtpProvider.Tls.IMPLICIT;
        };
    }

    /** A server that is there answers a connection at once, or never; so does a token endpoint its request. */
    static Duration longestConnect(TempostProperties.Provider settings) {
        return settings.timeout().compareTo(LONGEST_CONNECT) < 0 ? settings.timeout() : LONGEST_CONNECT;
    }

    private static <T> T or(@Nullable T own, T fallback) {
        return own == null ? fallback : own;
    }
}
