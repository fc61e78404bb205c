package dev.tempost.channels.email;

import dev.tempost.activities.channel.Fault;

/** How far a conversation has come: what the server was asked last. */
enum SmtpPhase {
    /** The server was not asked yet: somebody else issues the access token for the login. */
    TOKEN,
    CONNECT,
    GREETING,
    EHLO,
    STARTTLS,
    AUTH,
    MAIL,
    RCPT,
    DATA,
    /** Between the server's go-ahead and the final dot. */
    CONTENT,
    /** The final dot has left, or was about to: the point of no return. */
    DOT;

    boolean concernsAMessage() {
        return compareTo(MAIL) >= 0;
    }

    /**
     * Whose doing it is that the server does not go on here: before the recipient it knows nothing of the row, and all
     * it sees is the same for each. Afterwards it may be this message that it cannot bear.
     */
    Fault fault() {
        return compareTo(RCPT) < 0 ? Fault.PROVIDER : Fault.MESSAGE;
    }
}
