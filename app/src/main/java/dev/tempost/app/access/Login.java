package dev.tempost.app.access;

import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.database.OutboxUnavailableException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.ObjectPostProcessor;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.authentication.OAuth2AuthenticationToken;
import org.springframework.security.oauth2.client.oidc.userinfo.OidcUserRequest;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestRedirectFilter;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizedClientRepository;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.oidc.StandardClaimNames;
import org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;

/**
 * Signs people in to the console by their identity provider: an ID token with claim {@code tempost_role} makes an API token, which the
 * console's cookie holds from then on. Nothing else of what the identity provider says is kept.
 */
public final class Login {

    /** Where people are asked who they are. */
    public static final String PAGE = "/console/login";

    /** Where they come to when they are known. */
    public static final String DONE = "/console/login/done";

    static final String RETURN = "/console/login/code/";
    private static final String START = "/console/login/with";

    // a shift; an identity provider's own tokens last minutes
    private static final Duration LASTS = Duration.ofHours(8);
    private static final String NO_ROLE = "no_role";
    // anybody can call the address: nothing that deserves a line
    private static final Set<String> NEVER_BEGUN = Set.of("authorization_request_not_found", "invalid_request");
    private static final Logger log = LoggerFactory.getLogger(Login.class);

    private final LoginClients clients;
    private final LoginRequests requests;
    private final Tokens tokens;

    Login(LoginClients clients, LoginRequests requests, Tokens tokens) {
        this.clients = clients;
        this.requests = requests;
        this.tokens = tokens;
    }

    /** What identity providers are called, by the address at which a login begins. */
    public Map<String, String> names() {
        Map<String, String> names = new TreeMap<>();
        clients.names().forEach((id, name) -> names.put(START + "/" + id, name));
        return names;
    }

    void addTo(HttpSecurity http) {
        http.oauth2Login(login -> login.clientRegistrationRepository(clients)
                .authorizedClientRepository(new NoClients())
                .loginPage(PAGE)
                .authorizationEndpoint(start -> start.baseUri(START).authorizationRequestRepository(requests))
                .redirectionEndpoint(end -> end.baseUri(RETURN + "*"))
                .userInfoEndpoint(user -> user.oidcUserService(Login::user))
                .successHandler(this::signedIn)
                .failureHandler(Login::refused)
                .withObjectPostProcessor(new ObjectPostProcessor<OAuth2AuthorizationRequestRedirectFilter>() {
                    @Override
                    public <F extends OAuth2AuthorizationRequestRedirectFilter> F postProcess(F start) {
                        start.setAuthenticationFailureHandler(Login::refused);
                        return start;
                    }
                }));
    }

    private static OidcUser user(OidcUserRequest request) {
        OidcIdToken token = request.getIdToken();
        Tokens.Role role = Roles.inClaims(token.getClaims());
        if (role == null) {
            throw new OAuth2AuthenticationException(new OAuth2Error(NO_ROLE));
        }
        String name = request.getClientRegistration()
                .getProviderDetails()
                .getUserInfoEndpoint()
                .getUserNameAttributeName();
        return new DefaultOidcUser(
                Roles.authorities(role), token, name != null && token.hasClaim(name) ? name : StandardClaimNames.SUB);
    }

    private void signedIn(HttpServletRequest request, HttpServletResponse response, Authentication who)
            throws IOException {
        OAuth2AuthenticationToken login = (OAuth2AuthenticationToken) who;
        OidcUser user = (OidcUser) Objects.requireNonNull(login.getPrincipal());
        Tokens.Role role =
                Objects.requireNonNull(Roles.inClaims(user.getIdToken().getClaims()));
        String token;
        try {
            token = tokens.createForLogin(
                    user.getName(), role, LASTS, login.getAuthorizedClientRegistrationId() + ":" + user.getSubject());
        } catch (OutboxUnavailableException e) {
            response.sendRedirect(PAGE + "?problem=away");
            return;
        }
        response.addHeader(
                HttpHeaders.SET_COOKIE,
                AccessConfiguration.cookie(request, token, LASTS).toString());
        response.sendRedirect(DONE);
    }

    private static void refused(HttpServletRequest request, HttpServletResponse response, AuthenticationException why)
            throws IOException {
        String problem;
        if (isAway(why)) {
            problem = "away";
        } else if (why instanceof OAuth2AuthenticationException e
                && e.getError().getErrorCode().equals(NO_ROLE)) {
            problem = "role";
        } else {
            problem = "failed";
            String words = words(why);
            if (words != null) {
                log.warn("A login failed: {}", words);
            }
        }
        response.sendRedirect(PAGE + "?problem=" + problem);
    }

    // as it is thrown on the way back, and wrapped once more on the way there
    private static boolean isAway(AuthenticationException why) {
        for (Throwable cause = why; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutboxUnavailableException) {
                return true;
            }
        }
        return false;
    }

    /** A code, since whoever calls the address says the rest; in words, whom we could not ask; null for what is not worth a line. */
    private static @Nullable String words(AuthenticationException why) {
        if (why instanceof OAuth2AuthenticationException e) {
            String code = e.getError().getErrorCode();
            return NEVER_BEGUN.contains(code) ? null : code.matches("[a-z_]{1,60}") ? code : "a code that is none";
        }
        Throwable cause = why.getCause() instanceof AuthenticationServiceException ours ? ours : why;
        return cause instanceof AuthenticationServiceException ? cause.getMessage() : null;
    }

    /** Nobody is asked for anything in an operator's name: what the identity provider gave is forgotten. */
    private static final class NoClients implements OAuth2AuthorizedClientRepository {

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Spring's
        public <C extends OAuth2AuthorizedClient> @Nullable C loadAuthorizedClient(
                String id, Authentication who, HttpServletRequest request) {
            return null;
        }

        @Override
        public void saveAuthorizedClient(
                OAuth2AuthorizedClient client,
                Authentication who,
                HttpServletRequest request,
                HttpServletResponse response) {}

        @Override
        public void removeAuthorizedClient(
                String id, Authentication who, HttpServletRequest request, HttpServletResponse response) {}
    }
}
