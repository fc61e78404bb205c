package dev.tempost.channels.email.login;

import java.time.Instant;

/** By what right we ask for access tokens. */
public sealed interface Grant permits ClientGrant, ServiceAccountGrant {

    /**
     * What to ask with; reads the secrets anew.
     *
     * @throws LoginRefused when one is missing or makes no sense; names the setting
     */
    TokenRequest request(Instant now) throws LoginRefused;
}
