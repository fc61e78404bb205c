package dev.tempost.app.access;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.security.oauth2.client.autoconfigure.OAuth2ClientProperties;
import org.springframework.boot.security.oauth2.client.autoconfigure.OAuth2ClientProperties.Registration;
import org.springframework.boot.security.oauth2.client.autoconfigure.OAuth2ClientPropertiesMapper;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;

/**
 * The identity providers that may be asked. What an issuer says of itself is read when somebody signs in there: one that is away keeps
 * nothing from being delivered.
 */
final class LoginClients implements ClientRegistrationRepository {

    private static final String SETTINGS = "spring.security.oauth2.client.";

    private final OAuth2ClientProperties properties;
    private final Map<String, ClientRegistration> known = new ConcurrentHashMap<>();

    /** @throws IllegalArgumentException naming a setting without which nobody could sign in, or it would not be known by whom */
    LoginClients(OAuth2ClientProperties properties) {
        this.properties = properties;
        properties.getRegistration().forEach(this::complete);
    }

    private void complete(String id, Registration client) {
        String name = SETTINGS + "registration." + id;
        if (client.getScope() == null) {
            client.setScope(Set.of("openid"));
        } else if (!client.getScope().contains("openid")) {
            throw new IllegalArgumentException(name + ".scope is " + client.getScope()
                    + ": add openid, without which an identity provider does not say who somebody is.");
        }
        if (client.getAuthorizationGrantType() != null
                && !client.getAuthorizationGrantType().equals("authorization_code")) {
            throw new IllegalArgumentException(name + ".authorization-grant-type is "
                    + client.getAuthorizationGrantType()
                    + ": people sign in by authorization_code, which is the default.");
        }
        if (client.getRedirectUri() == null) {
            client.setRedirectUri("{baseUrl}" + Login.RETURN + "{registrationId}");
        }
        String providerId = client.getProvider() == null ? id : client.getProvider();
        OAuth2ClientProperties.Provider provider = properties.getProvider().get(providerId);
        if (provider == null || provider.getIssuerUri() == null) {
            throw new IllegalArgumentException(SETTINGS + "provider." + providerId
                    + ".issuer-uri is not set: name who issues the tokens, for instance"
                    + " https://id.example.com/realms/club.");
        }
    }

    /** How each calls itself, by its id. */
    Map<String, String> names() {
        Map<String, String> names = new TreeMap<>();
        properties
                .getRegistration()
                .forEach((id, client) -> names.put(id, client.getClientName() == null ? id : client.getClientName()));
        return names;
    }

    @Override
    public @Nullable ClientRegistration findByRegistrationId(String id) {
        ClientRegistration client = known.get(id);
        Registration registration = properties.getRegistration().get(id);
        if (client == null && registration != null) {
            OAuth2ClientProperties alone = new OAuth2ClientProperties();
            alone.getRegistration().put(id, registration);
            alone.getProvider().putAll(properties.getProvider());
            try {
                client = Objects.requireNonNull(new OAuth2ClientPropertiesMapper(alone)
                        .asClientRegistrations()
                        .get(id));
            } catch (RuntimeException e) {
                throw new AuthenticationServiceException(SETTINGS + "provider, for " + id + ": " + e.getMessage(), e);
            }
            known.put(id, client);
        }
        return client;
    }
}
