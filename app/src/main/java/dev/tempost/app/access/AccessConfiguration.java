package dev.tempost.app.access;

import dev.tempost.outbox.access.Answers;
import dev.tempost.outbox.access.Tokens;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;
import org.springframework.security.web.csrf.CookieCsrfTokenRepository;

/**
 * Who may do what. The ops API takes a bearer token: one of {@code tempost.token}, or a JWT where {@code
 * spring.security.oauth2.resourceserver.jwt} names who issues them. The console takes the same API token from a cookie that no
 * script reads; a login by OpenID Connect makes one. Health, metrics, and what a demo serves beside them are open.
 */
@Configuration(proxyBeanMethods = false)
@Import(LoginConfiguration.class)
public class AccessConfiguration {

    private static final String COOKIE = "tempost_token";

    private static final String VIEWER = Tokens.Role.VIEWER.name();
    private static final String OPERATOR = Tokens.Role.OPERATOR.name();
    private static final String ADMIN = Tokens.Role.ADMIN.name();

    @Bean
    OpsPool opsPool(DataSourceProperties properties) {
        return new OpsPool(properties);
    }

    @Bean
    Tokens tokens(OpsPool pool) {
        return new Tokens(pool.dataSource());
    }

    @Bean
    FailedLogins failedLogins() {
        return new FailedLogins(Clock.systemUTC());
    }

    @Bean
    @Order(1)
    SecurityFilterChain opsApi(
            HttpSecurity http,
            Tokens tokens,
            FailedLogins failed,
            OpsPool pool,
            ObjectProvider<JwtDecoder> issuer,
            ObjectProvider<JwtAuthenticationConverter> claims) {
        http.securityMatcher("/ops/**", "/admin/**")
                .csrf(AbstractHttpConfigurer::disable)
                .requestCache(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .authorizeHttpRequests(requests -> requests.requestMatchers("/ops/tokens/**", "/ops/tokens")
                        .hasRole(ADMIN)
                        .requestMatchers(
                                "/ops/outbox/*/content", "/ops/outbox/*/message", "/ops/shards", "/ops/suppressions")
                        .hasRole(OPERATOR)
                        .requestMatchers(HttpMethod.GET, "/ops/**")
                        .hasRole(VIEWER)
                        .anyRequest()
                        .hasRole(OPERATOR))
                .exceptionHandling(errors -> errors.authenticationEntryPoint(AccessConfiguration::whoAreYou)
                        .accessDeniedHandler(AccessConfiguration::mayNot))
                .addFilterBefore(
                        new TokenFilter(tokens, failed, AccessConfiguration::ownBearer, true),
                        AuthorizationFilter.class)
                .addFilterAfter(new IdempotencyFilter(new Answers(pool.dataSource())), AuthorizationFilter.class);
        JwtDecoder jwts = issuer.getIfAvailable();
        if (jwts != null) {
            http.oauth2ResourceServer(server -> server.bearerTokenResolver(
                            request -> ownBearer(request) == null ? bearer(request) : null)
                    .authenticationEntryPoint(AccessConfiguration::whoAreYou)
                    .accessDeniedHandler(AccessConfiguration::mayNot)
                    .jwt(jwt -> jwt.decoder(jwts)
                            .jwtAuthenticationConverter(claims.getIfAvailable(AccessConfiguration::rolesInAClaim))));
        }
        return http.build();
    }

    @Bean
    @Order(2)
    SecurityFilterChain console(HttpSecurity http, Tokens tokens, FailedLogins failed, ObjectProvider<Login> login) {
        CookieCsrfTokenRepository csrf = new CookieCsrfTokenRepository();
        csrf.setCookieCustomizer(cookie -> cookie.path("/console").sameSite("Strict"));
        login.ifAvailable(provider -> provider.addTo(http));
        return http.securityMatcher("/console", "/console/**")
                .csrf(protection -> protection.csrfTokenRepository(csrf))
                .requestCache(AbstractHttpConfigurer::disable)
                .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
                .logout(AbstractHttpConfigurer::disable)
                .headers(AbstractHttpConfigurer::disable)
                .authorizeHttpRequests(requests -> requests.requestMatchers(
                                Login.PAGE, Login.DONE, "/console/assets/**")
                        .permitAll()
                        .requestMatchers("/console/outbox/*/message", "/console/outbox/*/content", "/console/shards")
                        .hasRole(OPERATOR)
                        .requestMatchers(HttpMethod.GET, "/console/**", "/console")
                        .hasRole(VIEWER)
                        .requestMatchers("/console/logout")
                        .hasRole(VIEWER)
                        .anyRequest()
                        .hasRole(OPERATOR))
                .exceptionHandling(errors -> errors.authenticationEntryPoint(
                                (request, response, e) -> response.sendRedirect(Login.PAGE))
                        .accessDeniedHandler(AccessConfiguration::mayNot))
                .addFilterBefore(
                        new TokenFilter(tokens, failed, AccessConfiguration::cookie, false), AuthorizationFilter.class)
                .build();
    }

    /** The console's cookie: an API token, or nothing, which ends it. */
    public static ResponseCookie cookie(HttpServletRequest request, String token, Duration lasts) {
        return ResponseCookie.from(COOKIE, token)
                .path("/console")
                .httpOnly(true)
                .secure(request.isSecure())
                .sameSite("Strict")
                .maxAge(lasts)
                .build();
    }

    private static void whoAreYou(HttpServletRequest request, HttpServletResponse response, AuthenticationException e)
            throws IOException {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        Problems.write(
                response,
                HttpStatus.UNAUTHORIZED,
                "Say who you are by a header Authorization: Bearer TOKEN. ./tempost token create NAME --role"
                        + " viewer|operator|admin makes one.");
    }

    private static void mayNot(HttpServletRequest request, HttpServletResponse response, AccessDeniedException e)
            throws IOException {
        Problems.write(
                response,
                HttpStatus.FORBIDDEN,
                "Your role does not allow " + request.getMethod() + " here. Viewers read states, operators read content"
                        + " and change rows, administrators make tokens.");
    }

    private static @Nullable String bearer(HttpServletRequest request) {
        String header = request.getHeader(HttpHeaders.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)
                ? header.substring(7).strip()
                : null;
    }

    private static @Nullable String ownBearer(HttpServletRequest request) {
        String token = bearer(request);
        return token != null && token.startsWith(Tokens.PREFIX) ? token : null;
    }

    private static @Nullable String cookie(HttpServletRequest request) {
        if (request.getCookies() != null) {
            for (Cookie cookie : request.getCookies()) {
                if (cookie.getName().equals(COOKIE)) {
                    return cookie.getValue();
                }
            }
        }
        return null;
    }

    private static JwtAuthenticationConverter rolesInAClaim() {
        JwtAuthenticationConverter converter = new JwtAuthenticationConverter();
        converter.setJwtGrantedAuthoritiesConverter(jwt -> {
            Tokens.Role role = Roles.inClaims(jwt.getClaims());
            return role == null ? List.of() : Roles.authorities(role);
        });
        return converter;
    }
}
