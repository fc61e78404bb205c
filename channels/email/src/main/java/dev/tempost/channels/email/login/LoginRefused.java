package dev.tempost.channels.email.login;

/** There is no proof of who we are until somebody corrects something. The message says what, and holds no secret. */
public final class LoginRefused extends Exception {

    public LoginRefused(String whatAndRemedy) {
        super(whatAndRemedy, null, false, false);
    }
}
