package dev.tempost.channels.email.login;

import java.io.IOException;

/** Who issues access tokens answers, but has none for now. The message holds no secret. */
public final class TokenEndpointAway extends IOException {

    TokenEndpointAway(String what) {
        super(what);
    }
}
