package dev.tempost.channels.email.login;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A user name and an access token (XOAUTH2), which all connections share until shortly before it expires. */
public final class TokenLogin implements Login {

    private final String username;
    private final Grant grant;
    private final TokenEndpoint endpoint;
    private final InstantSource clock;
    private @Nullable AccessToken current;
    private @Nullable CompletableFuture<AccessToken> underway;

    /**
     * @param grant by what right tokens are asked for
     * @param patience how long an answer of the token endpoint may take
     */
    public TokenLogin(String username, Grant grant, Duration patience, InstantSource clock) {
        this.username = username;
        this.grant = grant;
        this.endpoint = new TokenEndpoint(patience);
        this.clock = clock;
    }

    @Override
    public String username() {
        return username;
    }

    @Override
    public String proof() throws LoginRefused, IOException {
        TokenRequest request = grant.request(clock.instant());
        CompletableFuture<AccessToken> mine = new CompletableFuture<>();
        CompletableFuture<AccessToken> shared;
        boolean first;
        synchronized (this) {
            if (current != null && current.serves(request, clock.instant())) {
                return current.value();
            }
            first = underway == null;
            shared = underway == null ? mine : underway;
            underway = shared;
        }
        if (first) {
            fetch(request, mine);
        }
        return result(shared).value();
    }

    private void fetch(TokenRequest request, CompletableFuture<AccessToken> result) {
        AccessToken token = null;
        try {
            token = endpoint.fetch(request, clock.instant());
        } catch (LoginRefused | IOException | RuntimeException e) {
            result.completeExceptionally(e);
        } finally {
            synchronized (this) {
                underway = null;
                current = token;
            }
            // whatever else was thrown: nobody may wait for it for ever
            if (token == null) {
                result.completeExceptionally(new IllegalStateException("the request for an access token broke off"));
            } else {
                result.complete(token);
            }
        }
    }

    private static AccessToken result(CompletableFuture<AccessToken> fetched) throws LoginRefused, IOException {
        try {
            return fetched.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case LoginRefused refused -> throw refused;
                case IOException away -> throw away;
                case null, default -> throw new IllegalStateException("an access token could not be asked for", e);
            }
        }
    }

    @Override
    public synchronized boolean refused(String proof) {
        if (current != null && current.value().equals(proof)) {
            current = null;
        }
        return true;
    }

    @Override
    public String toString() {
        return "TokenLogin[username=" + username + "]";
    }
}
