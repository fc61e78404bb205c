package dev.tempost.channels.email.login;

import java.net.URI;
import java.util.Map;

/**
 * What an access token is asked for with.
 *
 * @param endpoint whom to ask
 * @param form what to say
 * @param basis the same as long as the secrets are: a token that was given for others is asked for anew
 */
record TokenRequest(URI endpoint, Map<String, String> form, String basis) {

    /** Without the secrets. */
    @Override
    public String toString() {
        return "TokenRequest[" + endpoint + "]";
    }
}
