package dev.tempost.app.access;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEHeader;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.DirectDecrypter;
import com.nimbusds.jose.crypto.DirectEncrypter;
import dev.tempost.outbox.database.OutboxUnavailableException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.oauth2.client.web.AuthorizationRequestRepository;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps what a login needs until its end in a cookie of whoever signs in, encrypted by a key that all replicas have: none has a session,
 * and any may finish it.
 */
final class LoginRequests implements AuthorizationRequestRepository<OAuth2AuthorizationRequest> {

    private static final String COOKIE = "tempost_login";
    private static final Duration LASTS = Duration.ofMinutes(10);
    private static final int LONGEST = 4096;
    private static final JsonMapper JSON = new JsonMapper();

    /** What goes into the cookie: what was asked for, and until when an answer is expected, in seconds. */
    record Kept(
            String authorizationUri,
            String clientId,
            String redirectUri,
            String state,
            Map<String, Object> attributes,
            long until) {}

    private final Supplier<byte[]> key;
    private final Clock clock = Clock.systemUTC();

    LoginRequests(Supplier<byte[]> key) {
        this.key = key;
    }

    @Override
    public void saveAuthorizationRequest(
            OAuth2AuthorizationRequest asked, HttpServletRequest request, HttpServletResponse response) {
        byte[] kept = JSON.writeValueAsBytes(new Kept(
                asked.getAuthorizationUri(),
                asked.getClientId(),
                String.valueOf(asked.getRedirectUri()),
                String.valueOf(asked.getState()),
                asked.getAttributes(),
                clock.instant().plus(LASTS).getEpochSecond()));
        JWEObject sealed = new JWEObject(new JWEHeader(JWEAlgorithm.DIR, EncryptionMethod.A256GCM), new Payload(kept));
        try {
            sealed.encrypt(new DirectEncrypter(key()));
        } catch (JOSEException e) {
            throw new IllegalStateException("every JDK has AES-GCM, with the 32 bytes of tempost.login_key", e);
        }
        setCookie(request, response, sealed.serialize(), LASTS);
    }

    @Override
    public @Nullable OAuth2AuthorizationRequest loadAuthorizationRequest(HttpServletRequest request) {
        Kept kept = kept(request);
        return kept == null
                        || kept.until() < clock.instant().getEpochSecond()
                        || !kept.state().equals(request.getParameter("state"))
                ? null
                : OAuth2AuthorizationRequest.authorizationCode()
                        .authorizationUri(kept.authorizationUri())
                        .clientId(kept.clientId())
                        .redirectUri(kept.redirectUri())
                        .scope("openid")
                        .state(kept.state())
                        .attributes(kept.attributes())
                        .build();
    }

    @Override
    public @Nullable OAuth2AuthorizationRequest removeAuthorizationRequest(
            HttpServletRequest request, HttpServletResponse response) {
        OAuth2AuthorizationRequest asked = loadAuthorizationRequest(request);
        setCookie(request, response, "", Duration.ZERO);
        return asked;
    }

    private @Nullable Kept kept(HttpServletRequest request) {
        if (request.getCookies() != null) {
            for (Cookie cookie : request.getCookies()) {
                if (cookie.getName().equals(COOKIE) && cookie.getValue().length() <= LONGEST) {
                    return read(cookie.getValue());
                }
            }
        }
        return null;
    }

    /** Null for what was not encrypted by our key. */
    private @Nullable Kept read(String value) {
        byte[] key = key();
        try {
            JWEObject sealed = JWEObject.parse(value);
            sealed.decrypt(new DirectDecrypter(key));
            return JSON.readValue(sealed.getPayload().toBytes(), Kept.class);
        } catch (ParseException | JOSEException | JacksonException e) {
            return null;
        }
    }

    private byte[] key() {
        try {
            return key.get();
        } catch (OutboxUnavailableException e) {
            throw new AuthenticationServiceException("PostgreSQL does not answer", e);
        }
    }

    private static void setCookie(
            HttpServletRequest request, HttpServletResponse response, String value, Duration lasts) {
        // Lax: the identity provider sends its user here from its own site
        response.addHeader(
                HttpHeaders.SET_COOKIE,
                ResponseCookie.from(COOKIE, value)
                        .path(Login.PAGE)
                        .httpOnly(true)
                        .secure(request.isSecure())
                        .sameSite("Lax")
                        .maxAge(lasts)
                        .build()
                        .toString());
    }
}
