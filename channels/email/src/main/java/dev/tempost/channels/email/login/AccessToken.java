package dev.tempost.channels.email.login;

import java.time.Duration;
import java.time.Instant;

/**
 * What a mail server takes instead of a password, for a while.
 *
 * @param value the token
 * @param basis for which secrets it was given
 * @param goodUntil until when it is used: shortly before its end
 */
record AccessToken(String value, String basis, Instant goodUntil) {

    private static final Duration MARGIN = Duration.ofMinutes(1);

    /** One that lives for so long; a login that begins near its end may still take a while. */
    static AccessToken of(String value, String basis, Instant now, Duration life) {
        Duration tenth = life.dividedBy(10);
        return new AccessToken(value, basis, now.plus(life).minus(tenth.compareTo(MARGIN) < 0 ? tenth : MARGIN));
    }

    boolean serves(TokenRequest request, Instant now) {
        return now.isBefore(goodUntil) && basis.equals(request.basis());
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "AccessToken[goodUntil=" + goodUntil + "]";
    }
}
