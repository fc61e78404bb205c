package dev.tempost.app.engine;

import dev.tempost.activities.channel.Loopback;
import dev.tempost.app.config.SpringMail;
import dev.tempost.app.config.TempostProperties;
import dev.tempost.app.config.TempostProperties.OAuth;
import dev.tempost.channels.email.login.ClientGrant;
import dev.tempost.channels.email.login.Grant;
import dev.tempost.channels.email.login.Login;
import dev.tempost.channels.email.login.PasswordLogin;
import dev.tempost.channels.email.login.Secret;
import dev.tempost.channels.email.login.SecretFile;
import dev.tempost.channels.email.login.ServiceAccountGrant;
import dev.tempost.channels.email.login.TokenLogin;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Who we are to a mail server, as the configuration describes it. */
final class MailLogin {

    private static final URI GOOGLE = URI.create("https://oauth2.googleapis.com/token");
    private static final String GOOGLE_MAIL = "https://mail.google.com/";

    private final String prefix;
    private final TempostProperties.Provider settings;
    private final InstantSource clock;

    private MailLogin(String name, TempostProperties.Provider settings, InstantSource clock) {
        this.prefix = "tempost.providers." + name + ".";
        this.settings = settings;
        this.clock = clock;
    }

    /** Null when nobody is to be logged in. */
    static @Nullable Login of(String name, TempostProperties.Provider settings, InstantSource clock) {
        return new MailLogin(name, settings, clock)
                .login(settings.username(), settings.password(), "tempost.providers." + name + ".password");
    }

    /** That of the default provider: what it does not say itself, {@code spring.mail.*} says. */
    static @Nullable Login ofDefault(TempostProperties.Provider settings, SpringMail spring, InstantSource clock) {
        return new MailLogin(TempostProperties.DEFAULT_PROVIDER, settings, clock)
                .login(
                        settings.username() == null ? spring.username() : settings.username(),
                        settings.password() == null ? spring.password() : settings.password(),
                        settings.password() == null
                                ? "spring.mail.password"
                                : "tempost.providers." + TempostProperties.DEFAULT_PROVIDER + ".password");
    }

    /** @param passwordSetting where the password comes from */
    private @Nullable Login login(@Nullable String user, @Nullable String word, String passwordSetting) {
        String username = emptyToNull(user);
        String password = emptyToNull(word);
        Path file = settings.passwordFile();
        OAuth oauth = settings.oauth();
        long proofs = Stream.of(password != null, file != null, oauth != null)
                .filter(set -> set)
                .count();
        if (proofs > 1) {
            throw new IllegalArgumentException((password == null ? "" : passwordSetting + ", ")
                    + (file == null ? "" : prefix + "password-file, ")
                    + (oauth == null ? "" : prefix + "oauth.*, ")
                    + "more than one of which is set, each say how to log in: leave one and remove the rest");
        }
        if (username == null && proofs == 0) {
            return null;
        }
        if (username == null) {
            throw missing("username", "whom to log in as, or set no password, password-file and oauth");
        }
        if (oauth != null) {
            return new TokenLogin(username, grant(oauth, username), MailProviders.longestConnect(settings), clock);
        }
        if (file != null) {
            return new PasswordLogin(username, secret("password-file", file));
        }
        if (password == null) {
            throw missing("password", "the user's password, a password-file or oauth, or set no username");
        }
        return new PasswordLogin(username, Secret.of(password));
    }

    private Grant grant(OAuth oauth, String username) {
        if (oauth.serviceAccountFile() != null) {
            if (oauth.clientId() != null || oauth.clientSecretFile() != null || oauth.refreshTokenFile() != null) {
                throw new IllegalArgumentException(prefix + "oauth.service-account-file stands for client-id,"
                        + " client-secret-file and refresh-token-file: leave it or those out");
            }
            return new ServiceAccountGrant(
                    oauth.tokenUri() == null ? GOOGLE : protectedUri(oauth.tokenUri()),
                    secret("oauth.service-account-file", oauth.serviceAccountFile()),
                    prefix + "oauth.service-account-file",
                    username,
                    oauth.scope() == null ? GOOGLE_MAIL : oauth.scope());
        }
        if (oauth.tokenUri() == null) {
            throw missing("oauth.token-uri", "where access tokens are asked for");
        }
        if (oauth.clientId() == null) {
            throw missing("oauth.client-id", "what our client is called there");
        }
        if (oauth.refreshTokenFile() == null && oauth.clientSecretFile() == null) {
            throw missing(
                    "oauth.client-secret-file", "the file with the client's secret, or set oauth.refresh-token-file");
        }
        if (oauth.refreshTokenFile() == null && oauth.scope() == null) {
            throw missing("oauth.scope", "what the tokens shall be good for, or set oauth.refresh-token-file");
        }
        return new ClientGrant(
                protectedUri(oauth.tokenUri()),
                oauth.clientId(),
                oauth.clientSecretFile() == null ? null : secret("oauth.client-secret-file", oauth.clientSecretFile()),
                oauth.refreshTokenFile() == null ? null : secret("oauth.refresh-token-file", oauth.refreshTokenFile()),
                oauth.scope());
    }

    /** One to which secrets may go. */
    private URI protectedUri(URI uri) {
        boolean isProtected = "https".equalsIgnoreCase(uri.getScheme())
                || ("http".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null && Loopback.is(uri.getHost()));
        if (uri.getHost() == null || !isProtected) {
            throw new IllegalArgumentException(
                    prefix + "oauth.token-uri is no https URL, and secrets would go there in plain text: correct it");
        }
        return uri;
    }

    private Secret secret(String setting, Path file) {
        return new SecretFile(prefix + setting, file);
    }

    private IllegalArgumentException missing(String setting, String what) {
        return new IllegalArgumentException(prefix + setting + " is not set: name " + what);
    }

    private static @Nullable String emptyToNull(@Nullable String value) {
        return value == null || value.isEmpty() ? null : value;
    }
}
