package dev.tempost.channels.email.login;

import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * That of a registered client (RFC 6749): on behalf of whoever gave it a refresh token, or on its own.
 *
 * @param endpoint whom to ask
 * @param clientId what the client is called there
 * @param clientSecret what it proves itself with; null for one without a secret
 * @param refreshToken what it was given; null when it asks on its own
 * @param scope what the token shall be good for; null for whatever it was given for
 */
public record ClientGrant(
        URI endpoint,
        String clientId,
        @Nullable Secret clientSecret,
        @Nullable Secret refreshToken,
        @Nullable String scope)
        implements Grant {

    @Override
    public TokenRequest request(Instant now) throws LoginRefused {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", refreshToken == null ? "client_credentials" : "refresh_token");
        form.put("client_id", clientId);
        if (clientSecret != null) {
            form.put("client_secret", clientSecret.read());
        }
        if (refreshToken != null) {
            form.put("refresh_token", refreshToken.read());
        }
        if (scope != null) {
            form.put("scope", scope);
        }
        return new TokenRequest(endpoint, form, form.toString());
    }
}
