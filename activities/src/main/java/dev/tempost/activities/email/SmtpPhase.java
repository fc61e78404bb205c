package dev.tempost.activities.email;

/** How far a conversation has come: what the server was asked last. */
enum SmtpPhase {
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

    /** Whether breaking off here counts: a message that makes the server do so time and again must exhaust its attempts. */
    boolean countsAsAnAttempt() {
        return compareTo(DATA) >= 0;
    }
}
