package dev.tempost.channels.email.login;

import java.io.IOException;

/** Who we are to a mail server, and the proof of it. */
public sealed interface Login permits PasswordLogin, TokenLogin {

    /** Whom to log in as. */
    String username();

    /**
     * The proof, asked for at each login, so that a new secret needs no restart.
     *
     * @throws LoginRefused when there is none until somebody corrects something
     * @throws IOException when whoever issues it does not answer now
     */
    String proof() throws LoginRefused, IOException;

    /**
     * Told that the mail server refused a proof.
     *
     * @return whether another one is worth a try at once
     */
    boolean refused(String proof);
}
