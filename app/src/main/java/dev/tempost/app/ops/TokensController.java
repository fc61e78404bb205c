package dev.tempost.app.ops;

import dev.tempost.outbox.access.Tokens;
import io.swagger.v3.oas.annotations.Operation;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** API tokens, for administrators. */
@RestController
class TokensController {

    private final Tokens tokens;

    TokensController(Tokens tokens) {
        this.tokens = tokens;
    }

    @Operation(summary = "The tokens, those of the past included. What they are themselves is kept nowhere.")
    @GetMapping("/ops/tokens")
    List<Tokens.Listed> list() {
        return tokens.list();
    }

    @Operation(summary = "Makes a token, and shows it this once.")
    @PostMapping("/ops/tokens")
    @ResponseStatus(HttpStatus.CREATED)
    Api.MadeToken create(@RequestBody Api.NewToken wanted, Authentication who) {
        String name = String.valueOf(wanted.name());
        if (!Tokens.isName(name)) {
            throw Requests.refused(
                    HttpStatus.BAD_REQUEST,
                    "name is missing, or has more than letters, digits and _ . @ -, or more than 63 of them.");
        }
        Tokens.Role role = Requests.role(wanted.role());
        String token = tokens.create(name, role, Requests.time("expires_at", wanted.expiresAt()), who.getName());
        if (token == null) {
            throw Requests.refused(
                    HttpStatus.CONFLICT,
                    "There is a token named '" + name + "': revoke it first, or take another name.");
        }
        return new Api.MadeToken(name, role.word(), token);
    }

    @Operation(summary = "Ends a token at once.")
    @DeleteMapping("/ops/tokens/{name}")
    Api.Done revoke(@PathVariable String name, Authentication who) {
        if (!tokens.revoke(name, who.getName())) {
            throw Requests.refused(HttpStatus.NOT_FOUND, "No token named '" + name + "' may be used.");
        }
        return new Api.Done(true);
    }
}
