package dev.tempost.app.engine;

import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.channels.email.SmtpConnectionSettings;
import dev.tempost.channels.email.SmtpProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The mail providers that the configuration describes. */
public final class Providers {

    private Providers() {}

    /** By name; {@code default} is the one of {@code spring.mail.*}. */
    public static Map<String, SmtpProvider> of(SpringMail spring, TempostProperties tempost) {
        Map<String, SmtpProvider> providers = new LinkedHashMap<>();
        TempostProperties.Mail mail = tempost.mail();
        if (mail.from() == null) {
            throw new IllegalArgumentException(
                    "tempost.mail.from is not set: name the sender of every mail, for instance 'Example"
                            + " <hello@example.com>'");
        }
        providers.put(
                "default",
                provider(
                        "spring.mail, tempost.mail",
                        "default",
                        new TempostProperties.Provider(
                                spring.host(),
                                spring.port(),
                                spring.username(),
                                spring.password(),
                                mail.from(),
                                mail.encryption(),
                                mail.connectTimeout(),
                                mail.readTimeout(),
                                mail.writeTimeout(),
                                mail.maxConnections(),
                                mail.inFlight(),
                                mail.rateLimit())));
        tempost.providers()
                .forEach(
                        (name, provider) -> providers.put(name, provider("tempost.providers." + name, name, provider)));
        requireKnown("tempost.delivery.provider", tempost.delivery().provider(), providers);
        tempost.eventTypes().forEach((eventType, own) -> {
            if (own.provider() != null) {
                requireKnown("tempost.event-types." + eventType + ".provider", own.provider(), providers);
            }
        });
        return providers;
    }

    private static SmtpProvider provider(String property, String name, TempostProperties.Provider provider) {
        try {
            return SmtpProvider.of(name, provider.host(), provider.port(), provider.from())
                    .withCredentials(emptyToNull(provider.username()), emptyToNull(provider.password()))
                    .withConnection(defaults -> new SmtpConnectionSettings(
                            tls(provider),
                            defaults.ehloName(),
                            provider.connectTimeout(),
                            provider.readTimeout(),
                            provider.writeTimeout(),
                            provider.maxConnections()));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(property + ": " + e.getMessage(), e);
        }
    }

    private static SmtpProvider.Tls tls(TempostProperties.Provider provider) {
        return switch (provider.encryption()) {
            case AUTO -> SmtpProvider.defaultTls(provider.host(), provider.port());
            case NONE -> SmtpProvider.Tls.NONE;
            case STARTTLS -> SmtpProvider.Tls.STARTTLS;
            case IMPLICIT -> SmtpProvider.Tls.IMPLICIT;
        };
    }

    private static void requireKnown(String property, String name, Map<String, SmtpProvider> providers) {
        if (!providers.containsKey(name)) {
            throw new IllegalArgumentException(property + " names provider '" + name + "', which does not exist: add"
                    + " tempost.providers." + name + ", or name one of " + providers.keySet());
        }
    }

    private static @Nullable String emptyToNull(@Nullable String value) {
        return value == null || value.isEmpty() ? null : value;
    }
}
