package dev.tempost.app.access;

import dev.tempost.outbox.access.Tokens;
import dev.tempost.outbox.database.OutboxUnavailableException;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

/** Knows who asks by an API token. */
final class TokenFilter extends OncePerRequestFilter {

    private final Tokens tokens;
    private final FailedLogins failed;
    private final Function<HttpServletRequest, @Nullable String> token;
    private final boolean refuses;

    /**
     * @param token finds the token in a request; null where there is none
     * @param refuses whether a token that may not be used ends the request; otherwise it counts for none
     */
    TokenFilter(
            Tokens tokens, FailedLogins failed, Function<HttpServletRequest, @Nullable String> token, boolean refuses) {
        this.tokens = tokens;
        this.failed = failed;
        this.token = token;
        this.refuses = refuses;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String presented = token.apply(request);
        if (presented != null) {
            Tokens.Holder holder;
            try {
                holder = tokens.holder(presented);
            } catch (OutboxUnavailableException e) {
                Problems.write(
                        response,
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "PostgreSQL does not answer, so that nobody's token can be looked up. Try again.");
                return;
            }
            if (holder != null) {
                SecurityContextHolder.getContext()
                        .setAuthentication(UsernamePasswordAuthenticationToken.authenticated(
                                holder.name(), null, Roles.authorities(holder.role())));
            } else if (refuses) {
                refuse(request, response);
                return;
            }
        }
        chain.doFilter(request, response);
    }

    private void refuse(HttpServletRequest request, HttpServletResponse response) throws IOException {
        long seconds = failed.failed(request.getRemoteAddr());
        if (seconds > 0) {
            response.setHeader("Retry-After", Long.toString(seconds));
            Problems.write(
                    response,
                    HttpStatus.TOO_MANY_REQUESTS,
                    "Too many tokens that may not be used. Wait " + seconds + " s.");
        } else {
            response.setHeader("WWW-Authenticate", "Bearer error=\"invalid_token\"");
            Problems.write(
                    response,
                    HttpStatus.UNAUTHORIZED,
                    "This token may not be used: it is unknown, expired or revoked. An administrator makes another:"
                            + " ./tempost token create NAME --role viewer|operator|admin.");
        }
    }
}
